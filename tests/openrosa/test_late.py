"""Forms, rounds and places change while a tablet is away: what it brings is taken, and flagged,
by OpenRosa as by the JSON sync API.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.lifecycle.places import merge_place
from surveys.lifecycle.process import process_waiting
from surveys.places.models import Place
from surveys.rounds.close import LISTED_AFTER_CLOSE, close_round, reopen_round
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.retire import retire_form, retire_version
from sync.enrol import Enrolled
from tests.device import Tablet
from tests.sync.api.device import JsonTablet
from tests.xlsforms import publish

pytestmark = pytest.mark.django_db
FORM = """
| survey  |                    |         |           |
|         | type               | name    | label     |
|         | end                | end     |           |
|         | select_one village | village | Where?    |
| choices |                    |         |           |
|         | list_name          | name    | label     |
|         | village            | V1      | Ак-Тилек  |
|         | village            | V2      | Кызыл-Туу |
"""


@pytest.fixture(autouse=True)
def round_(db: None) -> Round:
    """A round with a form, two villages, and a tablet that fetched all that."""
    for code in ("V1", "V2"):
        Place.objects.create(code=code, level=3, path=f"K/{code}", name_en=code)
    survey = Survey.objects.create(code="s", name="Survey")
    round_ = Round.objects.create(survey=survey, code="r", name="Round")
    publish(FORM, version="1")
    Form.objects.update(round=round_)
    return round_


Send = Callable[[bytes], str]


@pytest.fixture(params=["openrosa", "json"])
def send(request: pytest.FixtureRequest, tablet: Tablet, enrolled: Enrolled) -> Send:
    """Delivers a record over one of the two wires; says what became of it."""
    if request.param == "openrosa":
        words = {201: "created", 202: "duplicate"}
        return lambda content: words[tablet.send(content).status]
    sync = JsonTablet(Client(), enrolled.token)
    return lambda content: sync.push({"key": "a", "instance": content.decode()})[0]["outcome"]


def record(number: int, *, version: str = "1", end: str = "2026-05-01T10:00:00+06:00") -> bytes:
    return f"""<data id="visit" version="{version}"><end>{end}</end><village>V1</village>
    <meta><instanceID>uuid:{number}</instanceID></meta></data>""".encode()


def deliver(send: Send, content: bytes) -> list[str]:
    """Sends it and has it processed; gives its flags."""
    assert send(content) == "created"
    sent = Submission.objects.order_by("pk").last()
    while process_waiting():
        pass
    return sorted(QualityFlag.objects.filter(submission=sent).values_list("code", flat=True))


def test_S9_a_tablet_that_was_away_sends_everything(send: Send, round_: Round) -> None:
    old = FormVersion.objects.get(version="1")
    assert deliver(send, record(1)) == []

    publish(FORM, version="2")
    retire_version(version=old, reason="asked for the wrong village")
    close_round(round_=round_, on=timezone.localdate() - timedelta(days=1))
    merge_place(
        place=Place.objects.get(code="V1"),
        into=Place.objects.get(code="V2"),
        on=timezone.localdate(),
    )
    retire_form(form=old.form)
    late = timezone.now().isoformat()

    assert deliver(send, record(2, end=late)) == [
        "collected_after_close",
        "form_retired",
        "place_merged",
        "round_closed",
        "version_retired",
    ]
    assert send(record(2, end=late)) == "duplicate"
    assert CleanRow.objects.count() == 2
    assert set(CleanRow.objects.values_list("place__code", "values__village")) == {("V2", "V1")}


def test_S9_a_record_of_a_round_not_begun_is_taken(send: Send, round_: Round) -> None:
    Round.objects.update(opens_on=timezone.localdate() + timedelta(days=3))
    assert deliver(send, record(1)) == ["round_not_open"]

    Round.objects.update(opens_on=timezone.localdate(), closes_on=timezone.localdate())
    assert deliver(send, record(2)) == []


def test_S9_an_old_version_is_flagged_when_its_tablet_had_time_to_fetch_the_new_one(
    send: Send,
) -> None:
    publish(FORM, version="2")
    assert deliver(send, record(1)) == []

    month = timezone.now() - timedelta(days=31)
    FormVersion.objects.filter(version="2").update(published_at=month)
    FormVersion.objects.filter(version="1").update(published_at=month - timedelta(days=1))

    assert deliver(send, record(2)) == ["version_old"]
    assert deliver(send, record(3, version="2")) == []
    assert deliver(send, record(4, version="never published")) == ["version_unknown"]


def test_L8_a_form_stays_listed_for_a_month_after_its_round(
    tablet: Tablet, send: Send, round_: Round
) -> None:
    """X3: Collect does not send by itself what belongs to a form it no longer has."""
    today = timezone.localdate()
    listed = []
    for on in (today, today - LISTED_AFTER_CLOSE, today - LISTED_AFTER_CLOSE - timedelta(days=1)):
        close_round(round_=round_, on=on)
        listed.append([form["formID"] for form in tablet.form_list()])
    assert listed == [["visit"], ["visit"], []]

    assert deliver(send, record(1)) == ["round_closed"]
    reopen_round(round_=round_)
    assert [form["formID"] for form in tablet.form_list()] == ["visit"]


def test_S9_clocks_that_lie_change_nothing(send: Send, round_: Round) -> None:
    close_round(round_=round_, on=date(2099, 1, 1))
    assert deliver(send, record(1, end="1970-01-01T00:00:00Z")) == ["clock_early"]
    assert deliver(send, record(2, end="2099-06-01T00:00:00Z")) == [
        "clock_ahead",
        "collected_after_close",
    ]
