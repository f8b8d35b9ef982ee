"""Villages are merged while tablets are away: records, households and people follow."""

import threading
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.households.models import Household
from surveys.lifecycle.places import merge_place, undo_merge
from surveys.places.models import Place
from surveys.privacy.access import places_for
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from sync.auth import authenticate, forget_callers
from sync.enrol import enrol_device
from tests.conftest import make_user
from tests.surveys.household_forms import REGISTRATION, arrive, drain, publish, registration

pytestmark = pytest.mark.django_db
TOMORROW = timezone.localdate() + timedelta(days=1)
ALAI, KARA_SUU = "KG06207000000", "KG06226000000"


@pytest.fixture(autouse=True)
def _places(db: None) -> None:
    publish(REGISTRATION)
    country = Place.objects.create(code="KG", level=0, path="KG", name_en="Kyrgyzstan")
    for code in (ALAI, KARA_SUU):
        Place.objects.create(code=code, parent=country, level=2, path=f"KG/{code}", name_en=code)


def place(code: str) -> Place:
    return Place.objects.get(code=code)


def merge(*, on: date | None = None, by: User | None = None) -> int:
    return merge_place(
        place=place(ALAI), into=place(KARA_SUU), on=on or timezone.localdate(), by=by
    )


def send(n: int, district: str = ALAI) -> Submission:
    record = arrive(registration(f"uuid:{n}", card=f"KG-06-{n:05}", district=district))
    drain()
    return record


def where() -> list[tuple[str, str, str]]:
    """Of each record: the answer, its place, and its household's."""
    rows = CleanRow.objects.filter(repeat="").order_by("received_at")
    home = dict(Household.objects.values_list("pk", "place__code"))
    found = rows.values_list("values__district", "place__code", "household_id")
    return [(answer, code, home[household]) for answer, code, household in found]


def flags() -> list[tuple[str, str]]:
    return sorted(QualityFlag.objects.values_list("code", "path"))


def test_records_and_households_move_and_answers_stay(alice: User) -> None:
    send(1)
    send(2, district=KARA_SUU)

    assert merge(on=TOMORROW, by=alice) == 1
    drain()

    assert where() == [(ALAI, KARA_SUU, KARA_SUU), (KARA_SUU, KARA_SUU, KARA_SUU)]
    assert flags() == []
    event = AuditEvent.objects.get(action="place.merged", by=alice)
    assert event.details == {"code": ALAI, "into": KARA_SUU, "records": 1}


def test_late_record_of_a_merged_place_is_put_where_it_belongs_and_flagged() -> None:
    merge()

    record = send(1)

    assert where() == [(ALAI, KARA_SUU, KARA_SUU)]
    assert flags() == [("place_merged", "place/district")]
    assert record.review_state == "received"


def test_record_from_before_the_merger_is_not_flagged() -> None:
    merge(on=TOMORROW)
    send(1)
    assert where() == [(ALAI, KARA_SUU, KARA_SUU)]
    assert flags() == []


def test_undone_merger_gives_the_records_back() -> None:
    send(1)
    merge()
    drain()
    send(2)
    send(3, district=KARA_SUU)

    assert undo_merge(place=place(ALAI)) == 3
    drain()

    assert [row[1] for row in where()] == [ALAI, ALAI, KARA_SUU]
    assert [row[2] for row in where()] == [ALAI, ALAI, KARA_SUU]
    assert flags() == []


def test_merger_leaves_alone_what_is_parked_or_being_settled() -> None:
    parked = send(1)
    Submission.objects.filter(pk=parked.pk).update(state=Submission.State.PARKED, error="x")

    assert merge() == 0

    parked.refresh_from_db()
    assert (parked.state, parked.error) == (Submission.State.PARKED, "x")


def test_round_for_a_merged_place_is_for_the_other() -> None:
    round_ = Round.objects.create(
        survey=Survey.objects.create(code="s", name="S"), code="r", name="R"
    )
    round_.places.set([place(ALAI)])
    Form.objects.update(round=round_)
    send(1, district=KARA_SUU)
    assert flags() == [("outside_round", "")]

    merge()
    send(2, district=KARA_SUU)
    send(3, district=ALAI)

    assert flags() == [("outside_round", ""), ("place_merged", "place/district")]


def test_people_and_tablets_of_a_merged_place_see_the_other(rf: RequestFactory) -> None:
    user = make_user("erlan", User.Role.SUPERVISOR, place_codes=[ALAI])
    tablet = enrol_device(name="Tablet", place_codes=[ALAI])
    merge()
    forget_callers()

    seen = places_for(user)
    assert seen is not None
    assert {each.code for each in seen} == {ALAI, KARA_SUU}
    assert authenticate(rf.get("/"), tablet.token).places.cover(place(KARA_SUU))
    assert enrol_device(name="New", place_codes=[ALAI]).device.places.get().code == KARA_SUU


def test_reprocessing_everything_after_a_merger_changes_nothing() -> None:
    send(1)
    merge()
    send(2)
    drain()
    before = (where(), flags(), list(CleanRow.objects.order_by("pk").values_list()))

    call_command("reprocess", stdout=StringIO())

    assert (where(), flags(), list(CleanRow.objects.order_by("pk").values_list())) == before


def test_records_wait_behind_none_that_came_later() -> None:
    send(1)
    newer = arrive(registration("uuid:2", card="KG-06-00002", district=KARA_SUU))
    merge()

    waiting = Submission.objects.filter(state=Submission.State.RECEIVED).order_by("pk")
    assert list(waiting.values_list("pk", flat=True))[-1] == newer.pk


def test_places_are_merged_and_parted_by_command() -> None:
    send(1)
    out = StringIO()

    call_command("merge_place", ALAI, KARA_SUU, "--on", "2026-01-01", stdout=out)
    assert "1 records" in out.getvalue()
    assert place(ALAI).merged_on == date(2026, 1, 1)
    call_command("merge_place", ALAI, "--undo", stdout=out)
    assert place(ALAI).merged_into is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([ALAI], "or --undo"),
        ([ALAI, KARA_SUU, "--undo"], "or --undo"),
        ([ALAI, "--undo"], "is not a part of another place"),
        ([ALAI, "nowhere"], "no place with the code"),
        ([ALAI, ALAI], "the same place"),
    ],
)
def test_command_says_what_is_wrong(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("merge_place", *arguments)


def test_two_mergers_against_each_other_are_not_both_made() -> None:
    alai, kara_suu = place(ALAI), place(KARA_SUU)
    merge_place(place=alai, into=kara_suu, on=date(2026, 1, 1))

    with pytest.raises(Problem, match="place_merge_invalid"):
        merge_place(place=kara_suu, into=alai, on=date(2026, 1, 1))

    assert not Place.objects.filter(merged_into=F("pk")).exists()
    assert AuditEvent.objects.filter(action="place.merged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_merger_waits_for_records_that_are_being_put_into_places() -> None:
    """Else one that is processed in that very moment would stay behind."""
    failures: list[Exception] = []

    def merge_impatiently() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            merge()
        except OperationalError as error:
            failures.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        arrive(registration("uuid:1", district=ALAI))
        drain()
        other = threading.Thread(target=merge_impatiently)
        other.start()
        other.join()

    assert [type(each) for each in failures] == [OperationalError]
    assert merge() == 1
    drain()
    assert where() == [(ALAI, KARA_SUU, KARA_SUU)]


def save(client: Client, **changes: object) -> bytes:
    """The place's page in the console, sent; gives the page again if it was refused."""
    data = {"name_en": "Alai", "aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}
    page = f"/admin/places/place/{place(ALAI).pk}/change/"
    answer = client.post(page, {**data, **changes})
    return b"" if answer.status_code == 302 else answer.content


def test_console_merges_and_parts_a_place(as_alice: Client) -> None:
    send(1)
    assert save(as_alice, merged_into=place(KARA_SUU).pk, merged_on="2026-01-01") == b""
    drain()
    assert where() == [(ALAI, KARA_SUU, KARA_SUU)]

    assert save(as_alice, merged_into="", merged_on="") == b""
    drain()
    assert where() == [(ALAI, ALAI, ALAI)]


def test_console_says_why_a_place_cannot_be_merged(as_alice: Client) -> None:
    assert b"Say both" in save(as_alice, merged_into=place(KARA_SUU).pk)
    answer = save(as_alice, merged_into=place(ALAI).pk, merged_on="2026-01-01")
    assert b"they are the same place" in answer
    assert place(ALAI).merged_into is None


def test_supervisor_may_look_at_places_and_not_merge_them(as_dilnoza: Client) -> None:
    page = f"/admin/places/place/{place(ALAI).pk}/change/"
    assert as_dilnoza.get(page).status_code == 200
    data = {"name_en": "Alai", "merged_into": place(KARA_SUU).pk, "merged_on": "2026-01-01"}
    assert as_dilnoza.post(page, data).status_code == 403
    assert place(ALAI).merged_into is None
