"""Who sees which row and which column: the only place that decides.

Rows: a user with `place_codes` sees those places and below; records with legal-aid facts are for
the people named for it; a partner sees what its own people asked; a token may open some forms
only. What goes to a recipient outside leaves out every household that said no to sharing.
Columns: direct identifiers, sensitive and restricted answers are masked for everybody, until
someone with the right says why and that is written down; points and births are coarsened
(`redact.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from backend.accounts.models import User
from backend.accounts.permissions import (
    Person,
    may_read_datasets,
    may_read_records,
    may_review,
    may_unmask,
)
from backend.audit.log import log_event
from backend.problems import Problem
from backend.pseudonyms import original, pseudonym
from backend.said import Said
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.privacy.redact import coarsening
from surveys.xforms.privacy_classes import MASKED
from surveys.xforms.schema import Field

LEAST_REASON = 10  # characters
REJECTED = "rejected"
# Questions by which the programme's forms say whose record it is and whether it may be shared.
PARTNER_ANSWER, CONSENT_ANSWER = "values__partner", "values__consent_share"
M = TypeVar("M", bound=Model)


def reader(user: Person) -> User:
    """The user, if they may read whatever their places allow: no partner, no token of some forms.

    Raises `Problem`: `not_allowed`, `token_scope`.
    """
    if not isinstance(user, User) or not may_read_records(user):
        raise Problem("not_allowed")
    if user.token is not None and user.token.form_ids:
        raise Problem("token_scope", form_ids=", ".join(user.token.form_ids))
    return user


def dataset_reader(user: Person, form_id: str | None = None) -> User:
    """The user, if they may read records of forms, or of this form: partners and tokens too.

    Raises `Problem`: `not_allowed`, `token_scope`.
    """
    if not isinstance(user, User) or not may_read_datasets(user):
        raise Problem("not_allowed")
    if form_id is not None and not may_read_form(user, form_id):
        raise Problem("token_scope", form_ids=", ".join(user.token.form_ids if user.token else []))
    return user


def may_read_form(user: User, form_id: str) -> bool:
    """Whether the token that came with the request, if any, opens this form."""
    return user.token is None or not user.token.form_ids or form_id in user.token.form_ids


def reviewer(user: Person) -> User:
    """The user, if they may review the records they see. Raises `Problem("not_allowed")`."""
    if not may_review(user):
        raise Problem("not_allowed")
    return reader(user)


def places_for(user: User) -> QuerySet[Place] | None:
    """The places a user is limited to, with all below them; None means everywhere.

    Who was given a place that is merged today sees what it was merged into.
    """
    if not user.place_codes:
        return None
    below = Q(pk__in=[])
    for path in Place.objects.filter(code__in=user.place_codes).paths_followed():
        below |= Q(path=path) | Q(path__startswith=path + "/")
    return Place.objects.filter(below)


@dataclass(frozen=True, slots=True)
class Sight:
    """Which records a user may see: None where something limits nothing."""

    legal_aid: bool
    partner: str | None  # as the form's question has it; "" is nobody's
    form_ids: tuple[str, ...] | None
    places: QuerySet[Place] | None


def sight_of(user: User) -> Sight:
    """The one rule of rows, for whoever keeps rows elsewhere than in the table of clean rows."""
    return Sight(
        legal_aid=user.sees_legal_aid,
        partner=user.partner if user.is_partner else None,
        form_ids=tuple(user.token.form_ids) or None if user.token else None,
        places=places_for(user),
    )


def rows_for(user: User) -> Q:
    """The clean rows of records that a user may see, as a condition on `CleanRow`'s root rows."""
    sight = sight_of(user)
    allowed = Q() if sight.legal_aid else Q(restricted=False)
    if sight.partner is not None:
        allowed &= Q(**{PARTNER_ANSWER: sight.partner}) if sight.partner else Q(pk__in=[])
    if sight.form_ids is not None:
        allowed &= Q(form__form_id__in=sight.form_ids)
    if sight.places is None:
        return allowed
    return allowed & Q(place__in=sight.places.values("pk"))


def hidden_from(user: User, form_id: str) -> Q | None:
    """The root rows of a form that a user does not see, where these are but a few of all.

    None where `rows_for` must be asked of each.
    """
    if user.is_partner or user.place_codes or not may_read_form(user, form_id):
        return None
    return Q(pk__in=[]) if user.sees_legal_aid else Q(restricted=True)


def recipient_of(user: User, recipient: str = "") -> str:
    """Who outside gets what this user asks for; "" where it stays in the programme."""
    return user.partner if user.is_partner else recipient


def shareable(roots: QuerySet[M]) -> QuerySet[M]:
    """The root rows that may go to a recipient: of no household that said no to sharing.

    A household's no in any record that was not rejected holds for all its records, on any form; a
    household that never was asked is not kept out.
    """
    refused = roots.model._base_manager.filter(repeat="", **{CONSENT_ANSWER: "no"})
    household = refused.filter(household_id=OuterRef("household_id"))
    return roots.exclude(Exists(refused.filter(pk=OuterRef("pk")))).exclude(
        Exists(household.exclude(submission__review_state=REJECTED))
    )


def refusals(roots: QuerySet[M]) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """What `shareable` leaves out among all root rows: records, and households of all forms."""
    refused = roots.filter(repeat="", **{CONSENT_ANSWER: "no"})
    states = refused.values_list("pk", "household_id", "submission__review_state")
    found = list(states)
    homes = frozenset(home for _, home, state in found if home and state != REJECTED)
    return frozenset(pk for pk, _, _ in found), homes


@lru_cache(maxsize=16_384)
def known_to(recipient: str, value: UUID) -> UUID:
    """The id by which a recipient knows a record or household; its own id inside the programme."""
    if not recipient:
        return value
    return pseudonym(value, key=settings.PSEUDONYM_KEY, recipient=recipient)


def known_from(recipient: str, value: UUID) -> UUID:
    """The id behind what a recipient knows."""
    if not recipient:
        return value
    return original(value, key=settings.PSEUDONYM_KEY, recipient=recipient)


def coarse_keys(
    user: User, fields: Iterable[Field], *, granted: Unmasking | None = None
) -> dict[str, str]:
    """Key → how its answers are coarsened for this user, of the fields of one table.

    Some of them are in `masked_keys` too: what cannot coarsen an answer withholds it.
    """
    if granted is not None:
        return {}
    return {f.key: how for f in fields if (how := coarsening(f))}


def masked_keys(
    user: User, fields: Iterable[Field], *, granted: Unmasking | None = None
) -> frozenset[str]:
    """The keys among the fields of one table whose answers this user may not see.

    `granted` is what `unmask` gave for this look. Restricted answers stay masked even then for
    people who are not named for legal aid.
    """
    return frozenset(f.key for f in fields if _is_masked(user, f, granted))


def private_keys(fields: Iterable[Field]) -> frozenset[str]:
    """The keys among the fields of one table whose answers nobody sees whole without unmasking."""
    return frozenset(f.key for f in fields if f.restricted or f.privacy in MASKED or coarsening(f))


def shows_persons(granted: Unmasking | None) -> bool:
    """Whether names, phones and photos are shown of what linkage keeps of a record.

    It keeps no restricted answers, and of the others only what says who lives in a household.
    """
    return granted is not None


def unmask(*, user: User, reason: str, target: str) -> Unmasking:
    """Notes who looks at personal data and why, in the list of unmaskings and the audit log.

    Raises `Problem("not_allowed")` for a role without the right, `Problem("purpose_missing")` for a
    reason of fewer than 10 characters, and `Problem("value_invalid")` for one that cannot be kept.
    """
    check_reason(user, reason)
    if "\0" in reason:
        raise Problem("value_invalid", field="unmask", reason=Said("holds a NUL character"))
    with transaction.atomic():
        granted = Unmasking.objects.create(
            user=user, target=target[:120], reason=reason.strip()[:300]
        )
        log_event("data.unmasked", by=user, target=granted)
    return granted


def check_reason(user: User, reason: str) -> None:
    """Raises as `unmask` does."""
    if not may_unmask(user):
        raise Problem("not_allowed")
    if len(reason.strip()) < LEAST_REASON:
        raise Problem("purpose_missing")


def _is_masked(user: User, field: Field, granted: Unmasking | None) -> bool:
    if field.restricted:
        return granted is None or not user.sees_legal_aid
    return field.privacy in MASKED and granted is None
