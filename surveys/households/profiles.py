"""Households as they are read: cards, place, members as last registered, their records.

Everything a page needs comes in a fixed number of queries, whatever its size.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict

from backend.accounts.models import User
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.households.identity import normalize_card_number
from surveys.households.models import CandidateLink, Household, Membership
from surveys.places.models import Place
from surveys.privacy.access import coarse_keys, masked_keys, places_for, rows_for, unmask
from surveys.privacy.models import Unmasking
from surveys.privacy.redact import coarsen
from surveys.xforms.models import FormVersion
from surveys.xforms.schema import Field, Repeat

MEMBERS = "member"  # the repeat of a registration that holds the household's members
QUERY = frozenset({"place", "card", "unmask", "page_size", "cursor", "format"})
QUERY_ONE = frozenset({"unmask", "format"})
Json = dict[str, Any]


def households_page(user: User, request: HttpRequest) -> Json:
    """One page `{next, previous, results}`.

    Raises `Problem`: `field_unknown`, `place_unknown`.
    """
    query = _checked(request, QUERY)
    granted = _granted(user, query.get("unmask", ""))
    # A household whose only record moved to another card keeps its id, and is no longer listed.
    households = _visible(user).filter(Exists(Membership.objects.filter(household=OuterRef("pk"))))
    if place := query.get("place", ""):
        below = Place.objects.at_or_below(Place.objects.find(_clean("place", place)))
        households = households.filter(place__in=below.values("pk"))
    if card := query.get("card", ""):
        number = normalize_card_number(_clean("card", card))
        named = Membership.objects.filter(registers=True, card=number)
        households = households.filter(pk__in=named.values("household"))
    page = page_of(
        households,
        [column_key("created_at", "created_at"), column_key("id", "id")],
        lambda ids: _columns(Household.objects.filter(pk__in=ids)),
        request=request,
        list_name="households",
        size=page_size_of(request),
    )
    results = _profiles(page.rows, user, granted)
    return {"next": page.next, "previous": page.previous, "results": results}


def one_household(user: User, household_id: UUID, request: HttpRequest) -> Json:
    """Raises `Problem`: `not_found`, `field_unknown`."""
    granted = _granted(user, _checked(request, QUERY_ONE).get("unmask", ""))
    rows = list(_columns(_visible(user).filter(pk=household_id)))
    if not rows:
        raise Problem("not_found")
    return _profiles(rows, user, granted)[0]


def _checked(request: HttpRequest, known: Collection[str]) -> QueryDict:
    for name in request.GET.keys() - known:
        raise Problem("field_unknown", field=name)
    return request.GET


def _visible(user: User) -> QuerySet[Household]:
    places = places_for(user)
    limits = Q() if places is None else Q(place__in=places.values("pk"))
    return Household.objects.filter(limits)


def _columns(households: QuerySet[Household]) -> QuerySet[Household, Any]:
    return households.values("id", "redirect_to_id", place_code=F("place__code"))


def _granted(user: User, reason: str) -> Unmasking | None:
    return unmask(user=user, reason=reason, target="households") if reason else None


def _clean(name: str, text: str) -> str:
    if "\0" in text:
        raise Problem("value_invalid", field=name, reason=Said("holds a NUL character"))
    return text


def _profiles(rows: list[Json], user: User, granted: Unmasking | None) -> list[Json]:
    ids = [row["id"] for row in rows]
    cards = Membership.objects.cards(ids)
    open_links = _open_links(ids, user)
    records = _records(ids, user)
    members = _members(records, user, granted)
    return [
        {
            "id": row["id"],
            "redirect_to": row["redirect_to_id"],
            "card_numbers": cards.get(row["id"], []),
            "place": row["place_code"],
            "members": members.get(row["id"], []),
            "submissions": [
                {"id": r["id"], "form_id": r["form_name"], "submitted_at": r["submitted_at"]}
                for r in records.get(row["id"], [])
            ],
            "open_links": open_links[row["id"]],
        }
        for row in rows
    ]


def _open_links(ids: list[UUID], user: User) -> Counter[UUID]:
    """Household → candidate links of its records that a person has not decided yet: those that the
    user finds in the list of links, since one with a hidden record would tell that it is there."""
    members = Membership.objects.filter(household__in=ids)
    homes = dict(members.values_list("record_id", "household_id"))
    about = Q(a__in=homes) | Q(b__in=homes)
    links = CandidateLink.objects.filter(about, state=CandidateLink.State.OPEN)
    for end in ("a", "b"):
        seen = CleanRow.objects.filter(rows_for(user), pk=OuterRef(end), repeat="")
        links = links.filter(Exists(seen))
    ends = ({homes.get(a), homes.get(b)} for a, b in links.values_list("a", "b"))
    return Counter(home for homes_of in ends for home in homes_of if home)


def _records(ids: list[UUID], user: User) -> dict[UUID, list[Json]]:
    """The records of each household that the user may see, in the order they came."""
    found = defaultdict(list)
    rows = CleanRow.objects.filter(rows_for(user), household_id__in=ids, repeat="")
    columns = ("id", "household_id", "form_id", "submitted_at")
    for row in rows.order_by("received_at", "id").values(*columns, form_name=F("form__form_id")):
        found[row["household_id"]].append(row)
    return found


def _members(
    records: dict[UUID, list[Json]], user: User, granted: Unmasking | None
) -> dict[UUID, list[Json]]:
    """Members by household, from its newest registration that the user may see."""
    ids = [record["id"] for of_household in records.values() for record in of_household]
    registrations = set(
        Membership.objects.filter(pk__in=ids, registers=True).values_list("pk", flat=True)
    )
    newest = {
        record["id"]: household
        for household, of_household in records.items()
        for record in [r for r in of_household if r["id"] in registrations][-1:]
    }
    repeats = _member_repeats({r["form_id"] for of in records.values() for r in of})
    found = defaultdict(list)
    rows = CleanRow.objects.filter(record_id__in=newest).exclude(repeat="").order_by("index")
    for row in rows.values("record_id", "form_id", "repeat", "values"):
        fields = repeats.get((row["form_id"], row["repeat"]))
        if fields is not None:
            masked = masked_keys(user, fields, granted=granted)
            coarse = coarse_keys(user, fields, granted=granted)
            found[newest[row["record_id"]]].append(
                {f.key: _shown(f.key, row["values"], masked, coarse) for f in fields}
            )
    return found


def _shown(key: str, values: Json, masked: Collection[str], coarse: Mapping[str, str]) -> Any:
    """As records show it: whole, coarsened, or not at all."""
    if key in coarse:
        return coarsen(coarse[key], values.get(key))
    return None if key in masked else values.get(key)


def _member_repeats(forms: Iterable[int]) -> dict[tuple[int, str], tuple[Field, ...]]:
    """(form, path of its repeat of members) → that repeat's fields."""
    versions = FormVersion.objects.filter(form__in=forms).order_by("published_at", "pk")
    found = {}
    for pk, form in versions.values_list("pk", "form_id"):
        schema = FormVersion(pk=pk).schema
        for repeat in filter(_holds_members, schema.repeats):
            found[form, repeat.path] = schema.table(repeat.path)
    return found


def _holds_members(repeat: Repeat) -> bool:
    return repeat.name == MEMBERS
