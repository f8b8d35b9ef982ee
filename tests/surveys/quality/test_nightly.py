"""What the night makes ahead of the day: counts of enumerators, and the workbook."""

import io
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.places.models import Place
from surveys.quality.check import check_quality
from surveys.quality.reading import visible_records, with_enumerator
from surveys.quality.tasks import check_quality_task
from surveys.submissions.models import Submission
from tests.surveys.quality.conftest import Registered

pytestmark = pytest.mark.django_db
BOOK = "/quality/report.xlsx"


def counted_one_by_one(user: User, name: str) -> tuple[int, int, int]:
    """Records, live flags and records turned down of an enumerator, as the user sees them now."""
    records = list(with_enumerator(visible_records(user)).filter(enumerator=name))
    submissions = [record.submission for record in records]
    flags = QualityFlag.objects.filter(submission__in=submissions, settled_at=None)
    down = [s for s in submissions if s.review_state in ("rejected", "has_issues")]
    return len(records), flags.count(), len(down)


def told(client: Client, name: str) -> tuple[int, int, int]:
    lines = client.get("/api/v1/quality/report/").json()["enumerators"]
    (line,) = (each for each in lines if each["enumerator"] == name)
    return line["records"], line["flags"], line["down"]


@pytest.mark.parametrize("named", [True, False])
def test_enumerator_has_the_counts_of_the_records_that_the_reader_sees(
    as_alice: Client, alice: User, registered: Registered, naryn: Place, named: bool
) -> None:
    User.objects.filter(pk=alice.pk).update(sees_legal_aid=named)
    alice.refresh_from_db()
    for n in range(4):
        registered(enum_code="K001", cattle=80, sheep=900, place=naryn if n % 2 else None)
    legal, down, settled, _ = CleanRow.objects.filter(repeat="").order_by("received_at", "pk")
    CleanRow.objects.filter(record_id=legal.pk).update(restricted=True)
    Submission.objects.filter(pk=down.submission_id).update(review_state="has_issues")
    registered(enum_code="K002")
    check_quality()
    flag = QualityFlag.objects.filter(submission=settled.submission).first()
    assert flag is not None
    QualityFlag.objects.filter(pk=flag.pk).update(state="explained", settled_at=flag.created_at)
    check_quality()

    found = counted_one_by_one(alice, "K001")

    assert told(as_alice, "K001") == found
    assert found[0] == (4 if named else 3)
    assert found[1] > 0
    assert found[2] == 1
    assert told(as_alice, "K002") == counted_one_by_one(alice, "K002")


def test_point_is_held_against_the_outline_of_its_district(
    registered: Registered, alai: Place
) -> None:
    ring = [[72, 39], [74, 39], [74, 40], [72, 40], [72, 39]]
    Place.objects.filter(pk=alai.pk).update(boundary={"type": "Polygon", "coordinates": [ring]})
    registered()
    away = registered(gps={"lat": 41.0, "lon": 72.97, "alt": 900.0, "acc": 8.0})
    check_quality()

    (flag,) = QualityFlag.objects.filter(code="gps_outside")

    assert (flag.submission, flag.measure) == (away.submission, {"kilometres": 111.2})


def test_workbook_is_one_file_until_the_checks_run_again(
    as_alice: Client, registered: Registered
) -> None:
    registered(cattle=80)
    check_quality()
    first = as_alice.get(BOOK).content
    registered(cattle=80)

    assert as_alice.get(BOOK).content == first
    check_quality()
    assert as_alice.get(BOOK).content != first


def test_workbook_of_who_sees_more_is_not_given_to_who_sees_less(
    as_alice: Client, as_dilnoza: Client, registered: Registered, naryn: Place
) -> None:
    registered(cattle=80, enum_code="K111")
    registered(cattle=80, enum_code="K222", place=naryn)
    check_quality()

    everywhere, here = (named(client) for client in (as_alice, as_dilnoza))

    assert everywhere == {"K111", "K222"}
    assert here == {"K111"}


def named(client: Client) -> set[Any]:
    """Enumerators anywhere in the workbook."""
    book = load_workbook(io.BytesIO(client.get(BOOK).content))
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    return cells & {"K111", "K222"}


def test_night_makes_the_workbooks_of_who_was_here_lately_and_removes_older_ones(
    as_alice: Client, as_dilnoza: Client, bob: User, registered: Registered
) -> None:
    registered(cattle=80)
    check_quality_task()
    before = set((settings.EXPORT_DIR / "quality").iterdir())
    check_quality_task()

    made = set((settings.EXPORT_DIR / "quality").iterdir())

    assert len(made) == len(before) == 2  # what Bob would see nobody asked for
    assert not made & before
    assert as_alice.get(BOOK).content in {path.read_bytes() for path in made}
