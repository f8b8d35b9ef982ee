"""Flags, counts and tables as one user may see them, by `rows_for` and `masked_keys`."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.enumerators import MOST_SAID, enumerator, said_by_record
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.datasets.among import among
from surveys.datasets.columns import Dataset
from surveys.datasets.tables import all_datasets, find_form
from surveys.places.models import Place
from surveys.places.naming import name_at
from surveys.privacy.access import coarse_keys, masked_keys, places_for, rows_for
from surveys.privacy.flags import flags_for
from surveys.quality.catalog import READ, Check
from surveys.quality.models import QualityRun, QualityTable
from surveys.quality.setting import checks_in_force

Json = dict[str, Any]
LIVE, ALL = "live", "all"
STATES = (LIVE, *QualityFlag.State.values, ALL)
FILTERS = ("state", "code", "severity", "form", "place", "enumerator", "record")
_POSITION = re.compile(r"\[\d+\]")
_SHOWN = (
    *("id", "code", "path", "origin", "state", "measure", "bounds", "created_at", "settled_at"),
)


def visible_records(user: User) -> QuerySet[CleanRow]:
    return CleanRow.objects.filter(rows_for(user), repeat="")


def visible_flags(user: User, records: QuerySet[CleanRow] | None = None) -> QuerySet[QualityFlag]:
    """Flags of the records that this user may see, or of some of these."""
    seen = visible_records(user) if records is None else records
    return QualityFlag.objects.filter(flags_for(user), submission__in=seen.values("submission"))


def flags_asked_for(user: User, query: QueryDict) -> QuerySet[QualityFlag]:
    """Those that an address asks for. Raises `Problem`: `value_invalid`, `not_found`,
    `place_unknown`.
    """
    asked = {name: query.get(name, "") for name in FILTERS}
    for name, value in asked.items():
        if "\0" in value:
            raise Problem("value_invalid", field=name, reason=Said("holds a NUL character"))
    flags = visible_flags(user, _records_asked_for(user, asked))
    state = asked["state"] or LIVE
    if state not in STATES:
        raise Problem(
            "value_invalid",
            field="state",
            reason=Said("one of {allowed}", allowed=", ".join(STATES)),
        )
    if state == LIVE:
        flags = flags.filter(settled_at=None)
    elif state != ALL:
        flags = flags.filter(state=state)
    if asked["code"]:
        flags = flags.filter(code=asked["code"])
    if asked["severity"]:
        flags = flags.filter(code__in=_codes_of(asked["severity"]))
    return flags


def _records_asked_for(user: User, asked: Mapping[str, str]) -> QuerySet[CleanRow]:
    records = visible_records(user)
    if asked["form"]:
        records = records.filter(form=find_form(asked["form"]))
    if asked["place"]:
        place = Place.objects.find(asked["place"])
        records = records.filter(place__in=Place.objects.at_or_below(place).values("pk"))
    if asked["enumerator"]:
        submissions = _asked_by(asked["enumerator"])
        records = records.filter(among("submission_id", submissions, BigIntegerField))
    if asked["record"]:
        try:
            records = records.filter(pk=UUID(asked["record"]))
        except ValueError:
            raise Problem(
                "value_invalid", field="record", reason=Said("the id of a record")
            ) from None
    return records


def with_enumerator(records: QuerySet[CleanRow]) -> QuerySet[Any]:
    """Who asked, as the field board has it."""
    return records.annotate(enumerator=Coalesce(enumerator(), Value("")))


def _asked_by(name: str) -> list[int]:
    """The submissions of an enumerator's records: found by themselves they come by an index, and
    else by a look into the answers of every record."""
    records = CleanRow.objects.filter(repeat="").annotate(told=said_by_record())
    told = records.filter(told=name[:MOST_SAID])
    sent = records.filter(told=None, submission__submitted_by__username=name)
    return [pk for rows in (told, sent) for pk in rows.values_list("submission", flat=True)]


def _codes_of(severity: str) -> list[str]:
    known = [code for code, (_, grave, _) in READ.items() if grave == severity]
    return [*known, *(c.code for c in checks_in_force().values() if c.severity == severity)]


def flag_rows(user: User, keys: Collection[int]) -> list[Json]:
    """Flags with their record, place, severity and owner; what is masked is None in `measure`."""
    found = QualityFlag.objects.filter(pk__in=keys).annotate(
        record=F("submission__record_id"),
        form=F("submission__form__form_id"),
        edition=F("submission__instance_id"),
    )
    rows = list(found.values(*_SHOWN, "record", "form", "edition"))
    records = visible_records(user).filter(pk__in={row["record"] for row in rows})
    places = {
        record["pk"]: record
        for record in with_enumerator(records).values(
            *("pk", "enumerator", "place__code", "submission__review_state"),
            place_name=name_at("place"),
        )
    }
    masked, checks = masked_paths(user), checks_in_force()
    named = {record for row in rows for record in row["bounds"].get("others", ())}
    seen = seen_among(user, named) if named else {}
    unsaid = _unsaid(named - seen.keys())
    for row in rows:
        _leave_unseen_out(row, seen, unsaid)
    return [_told(row, places.get(row["record"], {}), masked, checks) for row in rows]


def _unsaid(unseen: Collection[str]) -> set[str]:
    """Of records that a user does not see, those of legal aid: they are not even counted."""
    if not unseen:
        return set()
    rows = CleanRow.objects.filter(pk__in=unseen, restricted=True)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _leave_unseen_out(row: Json, seen: Mapping[str, str], unsaid: Collection[str]) -> None:
    """Of the other records of a finding only those that the user may see are named."""
    others = row["bounds"].get("others")
    if others is not None:
        others = [record for record in others if record not in unsaid]
        shown = [record for record in others if record in seen]
        row["bounds"] = {**row["bounds"], "others": shown}
        if len(shown) < len(others):
            row["bounds"]["elsewhere"] = len(others) - len(shown)


def _told(
    row: Json, record: Json, masked: Mapping[str, frozenset[str]], checks: Mapping[str, Check]
) -> Json:
    severity, owner = grave(row["code"], checks)
    hidden = _is_hidden(row, checks.get(row["code"]), masked.get(row["form"], frozenset()))
    return {
        **row,
        "measure": dict.fromkeys(row["measure"]) if hidden else row["measure"],
        "bounds": {} if hidden else row["bounds"],
        "severity": severity,
        "owner": owner,
        "place": record.get("place__code"),
        "place_name": record.get("place_name") or "",
        "enumerator": record.get("enumerator") or "",
        "review_state": record.get("submission__review_state") or "",
    }


def _is_hidden(row: Json, check: Check | None, masked: frozenset[str]) -> bool:
    """Whether the question of a flag, or one its check reads, is masked."""
    read = check.reads if check else ()
    path = _POSITION.sub("", row["path"])
    return path in masked or any(each.rpartition("/")[2] in read for each in masked)


def grave(code: str, checks: Mapping[str, Check]) -> tuple[str, str]:
    """Severity and owner of a code, as they are set."""
    check = checks.get(code)
    return (check.severity, check.owner) if check else READ.get(code, ("", "note", "manager"))[1:]


def masked_paths(user: User) -> dict[str, frozenset[str]]:
    """Form → paths of the questions whose answers this user does not see, or not exactly."""
    return {dataset.form_id: _masked_of(dataset, user) for dataset in all_datasets()}


def _masked_of(dataset: Dataset, user: User) -> frozenset[str]:
    found: set[str] = set()
    for table in dataset.tables:
        fields = [column.field for column in table.columns]
        keys = masked_keys(user, fields) | coarse_keys(user, fields).keys()
        found |= {c.field.path for c in table.columns if c.field.key in keys}
    return frozenset(found)


def masked_names(user: User, form_id: str) -> frozenset[str]:
    """Names of a form's questions whose answers this user does not see, or not exactly."""
    return frozenset(path.rpartition("/")[2] for path in masked_paths(user).get(form_id, ()))


def seen_among(user: User, records: Iterable[str]) -> dict[str, str]:
    """Of these ids of records, those the user may see: id → the form's id."""
    rows = visible_records(user).filter(pk__in=list(records))
    return {str(pk): form for pk, form in rows.values_list("pk", "form__form_id")}


def last_run() -> QualityRun | None:
    return QualityRun.objects.first()


def table(name: str) -> list[Json]:
    """A table of the newest run; none before the first."""
    found = QualityTable.objects.filter(name=name).order_by("-run").first()
    return found.rows if found else []


def within_places(user: User, rows: Iterable[Json], key: str) -> list[Json]:
    """The rows all of whose places are the user's: `key` holds one path, or several."""
    places = places_for(user)
    if places is None:
        return list(rows)
    seen = set(places.values_list("path", flat=True))
    return [row for row in rows if _paths(row[key]) <= seen]


def _paths(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else {value}


def sees_everywhere(user: User) -> bool:
    return places_for(user) is None
