"""Numbers asked twice: signed ranks and reliability, against tables and worked examples."""

import io

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.quality.check import check_quality
from surveys.quality.comparing import Compared
from surveys.quality.models import BackCheck, BackCheckDraw
from surveys.quality.repeated import SignedRank, reliability, repeats_of, signed_rank
from tests.surveys.quality.conftest import Registered

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=40)


def test_worked_example_without_ties_or_zeros() -> None:
    """Ranks of −1, −3 are 1, 3: T+ = 55 − 4 = 51; E = 27.5; variance 10·11·21/24 = 96.25."""
    assert signed_rank([-1, 2, -3, 4, 5, 6, 7, 8, 9, 10]) == SignedRank(2.4, 0.0166)


def test_worked_example_with_ties_and_zeros() -> None:
    """0, 0 take ranks 1, 2; 1, 1, −1 rank 4 each; 2, 2 rank 6.5; 3 to 5 rank 8 to 10.

    T+ = 4 + 4 + 13 + 27 = 48; E = (110 − 6)/4 = 26; variance
    (10·11·21 − 2·3·5)/24 − (24 + 6)/48 = 95 − 0.625 = 94.375; z = 22/9.715 = 2.26.
    """
    assert signed_rank([0, 0, 1, 1, -1, 2, 2, 3, 4, 5]) == SignedRank(2.26, 0.0235)


def test_numbers_that_did_not_move_say_nothing() -> None:
    assert signed_rank([0.0] * 12) is None
    assert reliability([(3, 3)] * 12) is None


@PATIENT
@given(NUMBERS)
def test_signs_turned_round_turn_z_round(apart: list[int]) -> None:
    there, back = signed_rank(apart), signed_rank([-each for each in apart])
    assert (there is None) == (back is None)
    if there and back:
        assert there.z == pytest.approx(-back.z)
        assert there.p == back.p
        assert 0 <= there.p <= 1


def test_reliability_of_the_same_answers_is_one_and_of_chance_about_none() -> None:
    """Pairs (0, 1) and (1, 0) alone: SRV = ½, variance of four values ⅓: 1 − 1.5."""
    assert reliability([(n, n) for n in range(12)]) == 1
    assert reliability([(0, 1), (1, 0)]) == -0.5


def test_fewer_than_ten_pairs_have_a_mean_and_no_more() -> None:
    def pairs(count: int, type_: int = 2) -> list[Compared]:
        return [Compared("rooms", type_, n, n + 1 + n % 2, True) for n in range(count)]

    (few,), (enough,) = repeats_of(pairs(9)), repeats_of(pairs(10))

    assert (few.pairs, few.t, few.signed_rank, few.reliability) == (9, None, None, None)
    assert few.mean == pytest.approx(1.44)
    assert None not in (enough.t, enough.signed_rank, enough.reliability)
    assert repeats_of(pairs(10, type_=1)) == []


@pytest.mark.django_db
def test_page_report_and_workbook_tell_of_numbers_asked_twice_and_not_of_masked_ones(
    as_alice: Client, alice: User, registered: Registered
) -> None:
    firsts = [registered(rooms=n, exp_total=100 * n) for n in range(1, 11)]
    draw = BackCheckDraw.objects.create(
        form=firsts[0].form, percent=10, seed=1, population=10, by=alice
    )
    for n, first in enumerate(firsts, start=1):
        second = registered(rooms=n + 1, exp_total=100 * n)
        BackCheck.objects.create(
            draw=draw, record_id=first.pk, enumerator="K001", again_id=second.pk
        )
    check_quality()

    rows = as_alice.get("/api/v1/quality/report/").json()["asked_twice"]

    rooms = next(row for row in rows if row["name"] == "rooms")
    assert rooms["form"] == "rmp_registration"
    assert (rooms["pairs"], rooms["mean"], rooms["signed_rank"]["z"]) == (10, 1.0, 3.16)
    assert rooms["reliability"] == 0.94
    spent = next(row for row in rows if row["name"] == "exp_total")
    assert (spent["signed_rank"], spent["reliability"]) == (None, 1.0)
    assert "head_birth_year" not in {row["name"] for row in rows}
    page = as_alice.get(f"/quality/back-checks/{draw.pk}/").content.decode()
    assert '<td class="number">3.16</td><td class="number">0.002</td>' in page
    book = load_workbook(io.BytesIO(as_alice.get("/quality/report.xlsx").content))
    sheet = book["numbers asked twice"].iter_rows(values_only=True)
    assert next(row for row in sheet if row[1] == "rooms")[-1] == 0.94
