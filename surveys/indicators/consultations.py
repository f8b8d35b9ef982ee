"""with_consultations: days and partners of first consultations, for who may see their records.

What is stored names records only. Who reads is told what the records say today, as far as
`surveys/privacy` shows it to them, so a record that was deleted since is told of no more.
"""

from collections.abc import Collection, Sequence
from typing import Any

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.indicators.questions import SERVICE
from surveys.privacy.access import masked_keys, rows_for, sight_of

Json = dict[str, Any]
RECORDS = "records"  # the column with their ids
_TOLD = {"service_date": "days", "partner": "partners"}  # question → column


def with_consultations(side: Json, user: User) -> Json:
    """A table beside the figures; ids of records give way to their days and partners.

    For who is not named for legal aid there is neither. Two queries where there are rows.
    """
    columns = list(side["columns"])
    if RECORDS not in columns:
        return side
    at = columns.index(RECORDS)
    rows = [row[:at] for row in side["rows"]]
    if not sight_of(user).legal_aid:
        return {**side, "columns": columns[:at], "rows": rows}
    known = _answers(user, [pk for row in side["rows"] for pk in row[at]])
    for row, whole in zip(rows, side["rows"], strict=True):
        told = [known[pk] for pk in whole[at] if pk in known]
        row += [[each[place] for each in told] for place in range(len(_TOLD))]
    return {**side, "columns": [*columns[:at], *_TOLD.values()], "rows": rows}


def _answers(user: User, records: Collection[str]) -> dict[str, list[str]]:
    """Record → its day and its partner; "" for what is masked or not answered."""
    form = published_forms().filter(form_id=SERVICE).first() if records else None
    if form is None:
        return {}
    fields = [column.field for column in dataset_of_form(form).root.columns]
    masked = masked_keys(user, fields)
    keys = {name: [f.key for f in fields if f.name == name and f.key not in masked]
            for name in _TOLD}  # fmt: skip
    rows = CleanRow.objects.filter(rows_for(user), pk__in=records, repeat="")
    return {
        str(pk): [_first(values, keys[name]) for name in _TOLD]
        for pk, values in rows.values_list("pk", "values")
    }


def _first(values: Json, keys: Sequence[str]) -> str:
    """The answer, wherever in the form its question stood when it was asked."""
    return next((str(values[key]) for key in keys if values.get(key)), "")
