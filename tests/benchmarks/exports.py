"""A form of 60 columns and a repeat of 20, filled by SQL, and files made of it.

For a process on the server that is measured: each file is made as the exports worker makes it,
with counting again included.
"""

import json
import resource
import time
from typing import Any

from django.db import connection

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.datasets.models import Export
from surveys.datasets.snapshots.renew import folder_of, keep_snapshots
from surveys.datasets.snapshots.store import MANIFEST
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.schema import Choice, Field, Repeat, Schema, schema_to_json

FORM = "bench_exports"
CODES = tuple(Choice(f"code{n}", {"": f"Ҷавоби {n}"}) for n in range(6))
TYPES = (
    *["integer"] * 20,
    *["decimal"] * 10,
    *["string"] * 12,
    *["select_one"] * 10,
    *["date"] * 3,
    *["dateTime"] * 2,
    *["boolean"] * 2,
    "geopoint",
)
VALUES = {
    "integer": "(n * {at}) % 100",
    "decimal": "round((n * 0.37)::numeric, 2)",
    "string": "'Деҳаи ' || n % 500",
    "select_one": "'code' || n % 6",
    "date": "'2014-06-' || lpad((1 + n % 28)::text, 2, '0')",
    "dateTime": "'2014-06-03T13:20:' || lpad((n % 60)::text, 2, '0') || '.000+00:00'",
    "boolean": "n % 2 = 0",
    "geopoint": "jsonb_build_object('lat', 40 + (n % 100)::float8 / 128, 'lon', 70, 'acc', 5)",
}
TEXTS = ("version", "deprecated_id", "client_device_id", "user_agent", "error")  # of a submission


def say(value: Any) -> None:
    print(json.dumps(value))


def fill(*, records: int, members: int) -> int:
    """Adds records; returns how many the form has."""
    form = _form()
    have = CleanRow.objects.filter(form=form, repeat="").count()
    first, last = have + 1, have + records
    _insert_submissions(form, first, last)
    _insert_rows(form, first, last, "", 1)
    if members:
        _insert_rows(form, first, last, "member", members)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cleaning_cleanrow")
    return last


def make(*, kind: str, labels: bool = False) -> dict[str, float]:
    """One export, from the asking to the verified file."""
    by = User.objects.filter(role=User.Role.ADMIN).first()
    assert by is not None
    export = request_export(form_id=FORM, kind=kind, by=by, labels=labels, purpose="bench")
    began, cpu = time.perf_counter(), time.process_time()
    build_waiting_exports(only=export.pk)
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
    export.refresh_from_db()
    assert export.state == Export.State.READY, export.error
    size = export.size / 1e6
    export.path.unlink()
    export.delete()
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = sum(export.tables.values())
    return {"seconds": seconds, "cpu": cpu, "mb": mb, "rows": rows, "size": size}


def keep_snapshot() -> dict[str, float]:
    """Makes the snapshot of all rows anew: those of `fill` look old, so nothing else would."""
    manifest = folder_of(Form.objects.get(form_id=FORM)) / MANIFEST
    manifest.unlink(missing_ok=True)
    before, cpu = _peak_mb(), time.process_time()
    while not keep_snapshots():  # the server's own worker is at it
        time.sleep(5)
        manifest.unlink(missing_ok=True)
    return {"mb": _peak_mb(), "more": _peak_mb() - before, "cpu": time.process_time() - cpu}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clear() -> int:
    """Takes away what `fill` made: other rows of the bench count records."""
    form = Form.objects.get(form_id=FORM)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # a million take their time
        for table in ("cleaning_cleanrow", "submissions_submission"):
            cursor.execute(f"DELETE FROM {table} WHERE form_id = %s", [form.pk])
    return 0


def _form() -> Form:
    found = Form.objects.filter(form_id=FORM).first()
    if found is not None:
        return found
    form = Form.objects.create(form_id=FORM, title="Bench")
    fields = [
        Field(f"q{at}", f"q{at}", f"q{at}", kind, "", choices=CODES if kind == "select_one" else ())
        for at, kind in enumerate(TYPES)
    ]
    fields += [
        Field(f"m{at}", f"member/m{at}", f"m{at}", TYPES[at * 3], "member") for at in range(20)
    ]
    schema = Schema(FORM, "1", "Bench", ("",), tuple(fields), (Repeat("member", "member", ""),))
    form.current = FormVersion.objects.create(
        form=form,
        version="1",
        title="Bench",
        xlsform=b"",
        xform=b"",
        md5="0" * 32,
        schema_json=schema_to_json(schema),
    )
    form.save()
    return form


def _insert_submissions(form: Form, first: int, last: int) -> None:
    known = {
        "form_id": str(form.pk),
        "form_version_id": str(form.current_id),
        "instance_id": "'uuid:bench' || n",
        "record_id": _id("n"),
        "raw_xml": r"'\x3c782f3e'::bytea",
        "sha256": "decode(repeat('00', 32), 'hex')",
        "received_at": "now() - interval '1 day' + n * interval '1 ms'",
        "state": "1",
        "review_state": "'received'",
        "head": "true",
        "encrypted": "false",
        "attempts": "0",
        **dict.fromkeys(TEXTS, "''"),
    }
    sql = (
        f"INSERT INTO submissions_submission ({', '.join(known)})"
        f" SELECT {', '.join(known.values())} FROM generate_series(%s::int, %s::int) AS n"
    )
    _run(sql, first, last)


def _insert_rows(form: Form, first: int, last: int, repeat: str, each: int) -> None:
    names = [f"m{at}" for at in range(20)] if repeat else [f"q{at}" for at in range(len(TYPES))]
    types = [TYPES[at * 3] for at in range(20)] if repeat else list(TYPES)
    pairs = [
        f"'{name}', {VALUES[kind].format(at=at + 1)}"
        for at, (name, kind) in enumerate(zip(names, types, strict=True))
    ]
    parts = [
        f"jsonb_build_object({', '.join(pairs[at : at + 40])})" for at in range(0, len(pairs), 40)
    ]
    known = {
        "id": _id("1000000000 + n * 100 + i") if repeat else _id("n"),
        "record_id": _id("n"),
        "submission_id": "s.id",
        "form_id": str(form.pk),
        "repeat": f"'{repeat}'",
        "parent_id": _id("n") if repeat else "NULL",
        "index": "i" if repeat else "0",
        "values": " || ".join(parts),
        "verbatim": "'{}'::jsonb",
        "restricted": "false",
        "instance_id": "s.instance_id",
        "version": "'1'",
        "submitted_at": "s.received_at",
        "received_at": "s.received_at",
        "updated_at": "s.received_at",
    }
    columns = ", ".join(f'"{name}"' for name in known)
    sql = (
        f"INSERT INTO cleaning_cleanrow ({columns}) SELECT {', '.join(known.values())}"
        " FROM generate_series(%s::int, %s::int) AS n"
        f" JOIN submissions_submission s ON s.record_id = {_id('n')}"
        f" CROSS JOIN generate_series(1, {each}) AS i"
    )
    _run(sql, first, last)


def _id(number: str) -> str:
    return f"('bbbbbbbb-0000-4000-8000-' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid"


def _run(sql: str, *words: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("%", "%%").replace("%%s", "%s"), words)
