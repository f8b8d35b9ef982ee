"""What of the log a person may see: corrections of records they see, answers they see."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.models import User
from backend.accounts.permissions import Person, may_approve_corrections, may_propose_corrections
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from surveys.datasets.columns import Column
from surveys.datasets.tables import dataset_of_form
from surveys.privacy.access import coarse_keys, masked_keys, reader, rows_for
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form
from surveys.xforms.schema import Field


def proposer(user: Person) -> User:
    """The user, if they may propose corrections. Raises `Problem("not_allowed")`."""
    if not may_propose_corrections(user):
        raise Problem("not_allowed")
    return reader(user)


def approver(user: Person) -> User:
    """The user, if they may decide on corrections. Raises `Problem("not_allowed")`."""
    if not may_approve_corrections(user):
        raise Problem("not_allowed")
    return reader(user)


def visible_corrections(user: User) -> QuerySet[Correction]:
    """Of records that the user sees, and the dropping of those they would see.

    A person whom `reader` gave: of a dropped record its form, place and restriction are known.
    """
    roots = CleanRow.objects.filter(pk=OuterRef("record_id"), repeat="")
    gone = Correction.objects.filter(rows_for(user), ~Exists(roots), path="").values("pk")
    return Correction.objects.filter(Exists(roots.filter(rows_for(user))) | Q(pk__in=gone))


def find_root(record_id: UUID, user: User) -> CleanRow:
    """The record's root row. Raises `Problem("not_found")`, also where the user may not see it."""
    root = CleanRow.objects.filter(rows_for(user), repeat="", pk=record_id)
    found = root.select_related("form").defer("values", "verbatim").first()
    if found is None:
        raise Problem("not_found")
    return found


def hides(user: User, field: Field, granted: Unmasking | None) -> bool:
    """Whether this user sees no answer, or no whole one, of a question."""
    return bool(
        masked_keys(user, [field], granted=granted) or coarse_keys(user, [field], granted=granted)
    )


class Questions:
    """The questions that corrections are about, whatever version asked them."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        forms = Form.objects.in_bulk({c.form_id for c in corrections})
        self.datasets = {pk: dataset_of_form(form) for pk, form in forms.items()}

    def column(self, correction: Correction) -> Column | None:
        return next(iter(self._columns(correction)), None)

    def _columns(self, correction: Correction) -> tuple[Column, ...]:
        """Several where versions asked different questions at one path."""
        return self.datasets[correction.form_id].asked_at.get(correction.path, ())

    def hidden(self, correction: Correction, user: User, granted: Unmasking | None) -> bool:
        """Also where no version has the question any more; a whole record has no answer to hide."""
        if not correction.path:
            return False
        columns = self._columns(correction)
        return not columns or any(hides(user, column.field, granted) for column in columns)
