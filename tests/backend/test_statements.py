"""Prepared statements: values in and out, and which errors are worth a second try."""

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from backend.statements import run_prepared


@pytest.mark.django_db
def test_values_travel_as_they_are() -> None:
    values = {"text": "Үмүт", "raw": b"\x00\xff", "number": 2**40, "list": ["a", "b"], "none": None}

    (row,) = run_prepared(
        "SELECT %(text)s::text, %(raw)s::bytea, %(number)s::bigint, %(list)s::text[], "
        "%(none)s::int",
        values,
    )

    assert row == tuple(values.values())


@pytest.mark.django_db
def test_query_counts_see_it() -> None:
    with CaptureQueriesContext(connection) as queries:
        run_prepared("SELECT 1", {})

    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_is_not_tried_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 50")

    with CaptureQueriesContext(connection) as queries, pytest.raises(OperationalError):
        run_prepared("SELECT pg_sleep(5)", {})

    assert len([query for query in queries if "pg_sleep" in query["sql"]]) == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_statement_is_djangos_error() -> None:
    with pytest.raises(ProgrammingError):
        run_prepared("SELECT nothing_of_the_kind", {})
