"""Who is told of a flag: not those who would not be shown the answers it comes from."""

import io
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, DeletedRecord, QualityFlag
from surveys.privacy.flags import is_restricted, restricted_paths
from surveys.quality.check import check_quality
from surveys.xforms.schema import Field
from tests.surveys.datasets.season import schema_of
from tests.surveys.quality.conftest import Registered

pytestmark = pytest.mark.django_db
BOOK = "/quality/report.xlsx"
PAGE = {"headers": {"accept": "text/html"}}
CODE = "not_in_private"


@pytest.fixture
def overheard(registered: Registered) -> CleanRow:
    record = registered(private="no", legal_need=["divorce"], enum_code="K001")
    check_quality()
    return record


def cells(client: Client) -> set[Any]:
    book = load_workbook(io.BytesIO(client.get(BOOK).content))
    return {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}


def flags_of_enumerator(client: Client) -> int:
    (line,) = client.get("/api/v1/quality/report/").json()["enumerators"]
    return int(line["flags"])


def told_anywhere(client: Client, record: CleanRow) -> dict[str, bool]:
    """Whether the flag is in each place where flags are told of."""
    flag = QualityFlag.objects.get(code=CODE)
    link = f"/quality/flags/{flag.pk}/"

    def page(path: str) -> str:
        return client.get(path, **PAGE).content.decode()

    def api(path: str) -> str:
        return json.dumps(client.get(f"/api/v1/quality/{path}").json())

    return {
        "flags": link in page("/quality/flags/"),
        "flag": client.get(link, **PAGE).status_code == 200,
        "report": f"?code={CODE}" in page("/quality/"),
        "record": link in page(f"/records/rmp_registration/{record.pk}/"),
        "API of flags": CODE in api("flags/"),
        "API of the report": CODE in api("report/"),
        "workbook": flag.pk in cells(client) and str(record.pk) in cells(client),
    }


def test_flag_that_tells_of_legal_help_is_for_people_named_for_it(
    as_alice: Client, alice: User, overheard: CleanRow
) -> None:
    assert QualityFlag.objects.get(code=CODE).restricted
    assert set(told_anywhere(as_alice, overheard).values()) == {True}
    assert flags_of_enumerator(as_alice) == 1

    User.objects.filter(pk=alice.pk).update(sees_legal_aid=False)

    assert set(told_anywhere(as_alice, overheard).values()) == {False}
    assert flags_of_enumerator(as_alice) == 0


def test_queue_and_first_page_count_only_flags_that_the_reader_is_told_of(
    as_alice: Client, alice: User, overheard: CleanRow
) -> None:
    def counts() -> tuple[bool, int]:
        queue = as_alice.get("/review/?queue=waiting&flag=any", **PAGE)
        days = as_alice.get("/api/v1/quality/report/").json()["days"]
        return str(overheard.pk) in queue.content.decode(), days[0]["flagged"]

    assert counts() == (True, 1)
    User.objects.filter(pk=alice.pk).update(sees_legal_aid=False)
    assert counts() == (False, 0)


def test_measure_that_tells_of_a_coarsened_answer_is_masked(
    as_bob: Client, registered: Registered
) -> None:
    record = registered()
    flag = QualityFlag.objects.create(
        submission=record.submission, code="value_impossible", path="main/head/head_birth_year",
        measure={"value": 1874},
    )  # fmt: skip

    assert as_bob.get(f"/api/v1/quality/flags/{flag.pk}/").json()["measure"] == {"value": None}


def test_records_of_legal_aid_in_a_finding_are_not_even_counted(
    as_bob: Client, registered: Registered
) -> None:
    here, legal = registered(card_no="KG-06-00001"), registered(card_no="KG-06-00001")
    CleanRow.objects.filter(record_id=legal.pk).update(restricted=True)
    check_quality()
    flag = QualityFlag.objects.get(submission=here.submission, code="card_repeated")

    told = as_bob.get(f"/api/v1/quality/flags/{flag.pk}/").json()

    assert told["bounds"] == {"others": []}


@pytest.mark.parametrize("gone", ["deleted", "restricted"])
def test_workbook_is_not_served_once_a_record_in_it_is_gone(
    as_bob: Client, registered: Registered, gone: str
) -> None:
    taken, left = (registered(cattle=80) for _ in range(2))
    check_quality()
    before = as_bob.get(BOOK).content
    assert {str(taken.pk), str(left.pk)} <= cells(as_bob)

    if gone == "restricted":
        CleanRow.objects.filter(record_id=taken.pk).update(restricted=True)
    else:
        DeletedRecord.objects.create(
            record_id=taken.pk, form=taken.form, deleted_at=taken.received_at
        )
        CleanRow.objects.filter(record_id=taken.pk).delete()

    assert str(taken.pk) not in cells(as_bob)
    assert str(left.pk) in cells(as_bob)
    kept = [path.read_bytes() for path in (settings.EXPORT_DIR / "quality").iterdir()]
    assert before not in kept


def test_node_in_a_group_of_legal_aid_that_no_version_has_is_restricted(db: None) -> None:
    closed = restricted_paths(schema_of("service").fields)

    assert is_restricted("legal/new_question", closed)
    assert is_restricted("legal/visit[2]/topic", closed)
    assert is_restricted("legal/legal_form", closed)
    assert not is_restricted("what/new_question", closed)
    assert not is_restricted("", closed)


def test_group_is_restricted_where_nothing_in_it_is_told() -> None:
    def field(path: str, *, restricted: bool) -> Field:
        plain = schema_of("service").fields[0]
        return type(plain)(**{**_slots(plain), "path": path, "restricted": restricted})

    closed = restricted_paths([field("a/b/x", restricted=True), field("a/y", restricted=False)])

    assert closed == {"a/b", "a/b/x"}


def _slots(field: Field) -> dict[str, Any]:
    return {name: getattr(field, name) for name in field.__dataclass_fields__}
