"""load_targets: households to interview by round and place, from CSV or XLSX, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import Person, may_plan_fieldwork
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.interviews.models import RoundTarget
from surveys.linkage.list_rows import Line, ListError, read_lines
from surveys.places.models import Place
from surveys.privacy.access import places_for, reader
from surveys.rounds.models import Round
from surveys.xforms.findings import WorkbookError
from surveys.xforms.workbook import workbook_kind

TABLE, COLUMNS = "field_targets", ("round", "place", "households")
MOST_BYTES, MOST_HOUSEHOLDS = 5 * 1024 * 1024, 1_000_000
MOST_ERRORS = 50  # that are told
Cells = Mapping[str, str]


class _BadCell(ValueError):
    """What is wrong with one cell, in words."""

    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column = column


@dataclass(frozen=True, slots=True)
class _Known:
    """Rounds and places by code; `seen`: places that the user is for, None for all."""

    rounds: Mapping[str, Round]
    places: Mapping[str, Place]
    seen: frozenset[int] | None


def planner(user: Person) -> User:
    """The user, if they plan the fieldwork. Raises `Problem("not_allowed")`."""
    if not may_plan_fieldwork(user):
        raise Problem("not_allowed")
    return reader(user)


def targets_of(user: User) -> QuerySet[RoundTarget]:
    """Those of the places the user is for."""
    targets = RoundTarget.objects.select_related("round", "place").defer("place__boundary")
    theirs = places_for(user)
    return targets if theirs is None else targets.filter(place__in=theirs.values("pk"))


def load_targets(*, content: bytes, by: User) -> int:
    """Rows replace those of the same round and place, and 0 households take one away; returns how
    many rows the file holds.

    Raises `Problem("table_refused")` naming row and column of each cell that is wrong.
    """
    lines = _lines(content)
    header = [cell.strip().lower() for cell in lines[0][1]] if lines else []
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise _refused(_("Its first row lacks the column %(name)s.") % {"name": missing[0]})
    if len(lines) == 1:
        raise _refused(_("It has no row below its first."))
    targets = _targets(header, lines[1:], by)
    with transaction.atomic():
        _replace(targets)
        log_event("field.targets_loaded", by=by, rows=len(targets))
    return len(targets)


def _replace(targets: list[RoundTarget]) -> None:
    RoundTarget.objects.bulk_create(
        [target for target in targets if target.households],
        update_conflicts=True,
        unique_fields=["round", "place"],
        update_fields=["households"],
    )
    for target in targets:
        if not target.households:
            RoundTarget.objects.filter(round=target.round, place=target.place).delete()


def _lines(content: bytes) -> list[Line]:
    if len(content) > MOST_BYTES:
        raise _refused(_("The file is larger than 5 MB."))
    try:
        if content.startswith(b"PK"):
            workbook_kind(content)
        return read_lines(content)
    except WorkbookError as error:
        too_large = Said("It unpacks to more than a table ever needs.")
        raise _refused(error.details.get("reason", too_large)) from error
    except ListError as error:
        raise _refused(error.words) from error


def _targets(header: list[str], lines: list[Line], by: User) -> list[RoundTarget]:
    rows = [(at, dict(zip(header, [*c, *[""] * len(header)], strict=False))) for at, c in lines]
    known = _known({cells["place"].strip() for _at, cells in rows}, by)
    found: dict[tuple[int, int], RoundTarget] = {}
    errors: list[dict[str, Any]] = []
    for number, cells in rows:
        try:
            target = _target(cells, known)
            if (target.round_id, target.place_id) in found:
                raise _BadCell("place", _("names the same as a row above"))  # noqa: TRY301
            found[target.round_id, target.place_id] = target
        except _BadCell as bad:
            errors.append({"row": number, "column": bad.column, "reason": str(bad)})
    if errors:
        words = _("Row %(row)d, %(column)s: %(reason)s.") % errors[0]
        raise _refused(words, errors=errors[:MOST_ERRORS], wrong=len(errors))
    return list(found.values())


def _known(codes: set[str], by: User) -> _Known:
    kept = {code for code in codes if "\0" not in code}  # which PostgreSQL refuses to look for
    places = Place.objects.defer("boundary").filter(code__in=kept)
    theirs = places_for(by)
    return _Known(
        {round_.code: round_ for round_ in Round.objects.all()},
        {place.code: place for place in places},
        None if theirs is None else frozenset(theirs.values_list("pk", flat=True)),
    )


def _target(cells: Cells, known: _Known) -> RoundTarget:
    round_ = known.rounds.get(cells["round"].strip())
    if round_ is None:
        raise _BadCell("round", _("“%(code)s” is no round") % {"code": cells["round"][:40]})
    place = known.places.get(cells["place"].strip())
    if place is None:
        raise _BadCell("place", _("“%(code)s” is no place") % {"code": cells["place"][:40]})
    if known.seen is not None and place.pk not in known.seen:
        raise _BadCell("place", _("%(code)s is not one of your places") % {"code": place.code})
    return RoundTarget(round=round_, place=place, households=_households(cells["households"]))


def _households(text: str) -> int:
    number = text.strip().removesuffix(".0")
    is_whole = number.isascii() and number.isdecimal() and len(number) < 10
    if not is_whole or int(number) > MOST_HOUSEHOLDS:
        words = _("“%(text)s” is no whole number of households") % {"text": text[:40]}
        raise _BadCell("households", words)
    return int(number)


def _refused(reason: object, **details: Any) -> Problem:
    return Problem("table_refused", table=TABLE, reason=reason, **details)
