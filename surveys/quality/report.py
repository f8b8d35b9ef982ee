"""The daily report: the tables that field teams know, as one user may see them; as a workbook.

The set of sheets is that of IPA's high-frequency checks, with our own names of columns.
"""

from collections.abc import Iterator, Mapping

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import User
from surveys.datasets.columns import Column
from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.datasets.files.to_xlsx import xlsx_of
from surveys.datasets.tables import all_datasets
from surveys.privacy.access import masked_keys, unmask
from surveys.privacy.models import Unmasking
from surveys.quality.back_check_sheets import back_check_sheets
from surveys.quality.catalog import GROUPS, Check, group_of
from surveys.quality.code_lines import code_lines
from surveys.quality.comparing import Rate
from surveys.quality.daily import STATES, days_of, progress_of
from surveys.quality.dashboard import dashboard
from surveys.quality.reading import (
    Json,
    flag_rows,
    last_run,
    sees_everywhere,
    table,
    visible_flags,
    visible_records,
    with_enumerator,
)
from surveys.quality.setting import checks_in_force
from surveys.quality.tables import VARIABLES
from surveys.quality.time_sheets import time_sheets
from surveys.quality.words import FLAGS, MEASURES, plain, word
from surveys.quality.words import GROUPS as GROUP_WORDS

MOST_FLAGS = 5_000  # in the file; the newest, and the summary counts them all
MOST_TEXTS = 5_000
FLAG_COLUMNS = (
    *("id", "code", "what", "severity", "owner", "state", "record", "form", "enumerator", "place"),
    *("path", "measure", "bounds", "found_at"),
)
RANKS = {"rank": "rank", "measures that stand out": "standing_out", "largest z": "furthest"}
ID_CODES = frozenset({"card_repeated", "card_malformed"})


def report_xlsx(user: User, *, reason: str = "") -> bytes:
    """The workbook. With a reason, texts of "other" and of comments are shown, and it is noted.

    Raises `Problem` as `unmask` does.
    """
    granted = unmask(user=user, reason=reason, target="quality report") if reason else None
    return xlsx_of(sheets_of(user, granted))


def sheets_of(user: User, granted: Unmasking | None) -> Iterator[Sheet]:
    yield _summary(user)
    yield from _flag_sheets(user)
    yield _versions(user)
    yield _missingness(user)
    yield from _texts(user, granted)
    yield _survey(user)
    yield from _enumerators(user)
    yield from time_sheets(user)
    yield _tracking(user)
    yield from back_check_sheets(user)
    yield _checks()


def _summary(user: User) -> Sheet:
    run = last_run()
    lines = code_lines(user, now=timezone.now())
    rows: list[list[Cell]] = [
        [
            *(line.group, line.code, word(FLAGS, line.code), line.severity, line.owner, line.new),
            *(line.counts.get(state, 0) for state in STATES),
        ]
        for line in lines
    ]
    total = sum(line.live for line in lines)
    said = {
        _("Open or sent, in all"): total,
        _("Checks last ran"): run.began_at if run else None,
        _("This file was made"): timezone.now(),
    }
    rows += [["", "", what, "", "", None, value] for what, value in said.items()]
    header = ("group", "code", "what", "severity", "owner", "new since yesterday", *STATES)
    width = len(header)
    return sheet_of_rows("summary", header, [[*row, *[None] * (width - len(row))] for row in rows])


def _flag_sheets(user: User) -> Iterator[Sheet]:
    """Live flags, a sheet for the ids and one for each other group of checks."""
    live = visible_flags(user).filter(settled_at=None).order_by("-pk")
    keys = list(live.values_list("pk", flat=True)[:MOST_FLAGS])
    rows: dict[str, list[list[Cell]]] = {"id duplicates": []}
    rows |= {_sheet_of(group): [] for group in GROUPS}
    for flag in sorted(flag_rows(user, keys), key=lambda row: (row["code"], -row["id"])):
        name = "id duplicates" if flag["code"] in ID_CODES else _sheet_of(group_of(flag["code"]))
        rows.setdefault(name, []).append(_flag_cells(flag))
    for name, found in rows.items():
        yield sheet_of_rows(name, FLAG_COLUMNS, found)


def _sheet_of(group: str) -> str:
    return "other duplicates" if group == "duplicates" else group or "others"


def _flag_cells(flag: Json) -> list[Cell]:
    code = flag["code"]
    cells: list[Cell] = [
        *(flag["id"], code, word(FLAGS, code), flag["severity"], flag["owner"], flag["state"]),
        *(str(flag["record"]), flag["form"], flag["enumerator"], flag["place_name"], flag["path"]),
        *(_pairs(flag["measure"]), _pairs(flag["bounds"]), flag["created_at"]),
    ]
    return cells


def _pairs(told: Json) -> str:
    return "; ".join(f"{name} {'masked' if v is None else plain(v)}" for name, v in told.items())


def _versions(user: User) -> Sheet:
    """Records of each version by the day they came."""
    day = TruncDate("received_at")
    found = visible_records(user).annotate(day=day).values("form__form_id", "version", "day")
    counted = found.annotate(n=Count("pk")).order_by("form__form_id", "version", "day")
    rows = ((r["form__form_id"], r["version"], r["day"], r["n"]) for r in counted)
    return sheet_of_rows("versions by day", ("form", "version", "day", "records"), rows)


def _missingness(user: User) -> Sheet:
    """Of the whole programme, so for who sees all of it."""
    names = (
        *("form", "name", "path", "rows", "unanswered", "refused", "dont_know"),
        *("not_applicable", "distinct", "constant", "empty"),
    )
    rows = table(VARIABLES) if sees_everywhere(user) else []
    return sheet_of_rows("missingness", names, ([row[name] for name in names] for row in rows))


def _texts(user: User, granted: Unmasking | None) -> Iterator[Sheet]:
    """What was written where the form offers "other", and enumerators' comments."""
    others: list[list[Cell]] = []
    comments: list[list[Cell]] = []
    for dataset in all_datasets():
        for column in dataset.root.columns:
            name = column.field.name
            if column.field.type != "string" or column.field.restricted:
                continue
            if name.endswith("_other"):
                others += _written(user, dataset.form_id, column, granted)
            elif name in {"comments", "story"}:
                comments += _written(user, dataset.form_id, column, granted)
    header = ("form", "question", "record", "enumerator", "text")
    yield sheet_of_rows("other specify", header, others)
    yield sheet_of_rows("comments", header, comments)


def _written(
    user: User, form_id: str, column: Column, granted: Unmasking | None
) -> Iterator[list[Cell]]:
    key = column.field.key
    masked = bool(masked_keys(user, [column.field], granted=granted))
    rows = visible_records(user).filter(form__form_id=form_id, values__has_key=key)
    told = with_enumerator(rows).order_by("-received_at").values_list("pk", "enumerator", "values")
    for pk, enumerator, values in told[:MOST_TEXTS]:
        if values[key]:
            text = _("masked") if masked else str(values[key])
            yield [form_id, column.name, str(pk), enumerator, text]


def _survey(user: User) -> Sheet:
    names = ("day", "records", "refused", "flagged", "down")
    return sheet_of_rows("survey dashboard", names, ([r[n] for n in names] for r in days_of(user)))


def _enumerators(user: User) -> Iterator[Sheet]:
    told = dashboard(user)
    names = ("enumerator", "interviews", "refused", "records", "flags", "down")
    lines: list[Json] = told["lines"]
    header = (*names, *(f"error rate, type {type_}" for type_ in (1, 2, 3)), *RANKS)
    rows = (
        [
            *(line.get(name, 0) for name in names),
            *_shares(line["rates"]),
            *(line[name] for name in RANKS.values()),
        ]
        for line in lines
    )
    yield sheet_of_rows("enumerator dashboard", header, rows)
    parts = ("count", "mean", "sd", "least", "most", "others", "z", "far", "narrow")
    effects = (
        [line["enumerator"], word(MEASURES, name), *(effect[part] for part in parts)]
        for line in lines
        for name, effect in line["effects"].items()
    )
    yield sheet_of_rows("enumerator effects", ("enumerator", "measure", *parts), effects)


def _shares(rates: Mapping[int, Rate]) -> list[Cell]:
    return [round(rates[type_].share, 3) if type_ in rates else None for type_ in (1, 2, 3)]


def _tracking(user: User) -> Sheet:
    names = ("round", "place", "place_name", "planned", "done")
    return sheet_of_rows("tracking", names, ([r[n] for n in names] for r in progress_of(user)))


def _checks() -> Sheet:
    header = ("code", "what", "group", "severity", "owner", "when", "on", "parameters")
    return sheet_of_rows("checks", header, map(_check_cells, checks_in_force().values()))


def _check_cells(check: Check) -> list[Cell]:
    words = word(FLAGS, check.code), word(GROUP_WORDS, check.group)
    parameters = _pairs(dict(check.parameters()))
    return [
        *(check.code, *words, check.severity, check.owner),
        *(check.when, check.enabled, parameters),
    ]
