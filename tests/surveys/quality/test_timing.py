"""Question timing from the log that a tablet sends: read at night, checked, shown, and kept."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.lifecycle.process import process_waiting
from surveys.quality.audit import Timing
from surveys.quality.catalog import BY_CODE
from surveys.quality.check import check_quality
from surveys.quality.evaluate import evaluate
from surveys.quality.facts import Finding, Record
from surveys.quality.load import load_records
from surveys.quality.models import AuditTiming
from surveys.quality.question_times import question_times_of
from surveys.quality.tables import QUESTION_TIMES, tables_of
from surveys.submissions.models import Attachment, Submission
from surveys.xforms.publish import publish_form
from surveys.xforms.questionnaire import Questionnaire
from sync.auth import forget_callers
from sync.enrol import enrol_device
from sync.fieldwork import posts
from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, villages_of
from tests.device import Tablet, client_door
from tests.surveys.datasets.records import publish
from tests.surveys.datasets.season import schema_of
from tests.surveys.quality.invented import record

FORM = Path("data/forms/registration.xlsx")
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
HEADER = "event,node,start,end,old-value,new-value\n"
PAGE = {"headers": {"accept": "text/html"}}


@pytest.fixture
def tablet(db: None, settings: object, tmp_path: Path) -> Tablet:
    settings.MEDIA_ROOT = tmp_path / "attachments"  # type: ignore[attr-defined]
    forget_callers()
    enrolled = enrol_device(name="Tablet 1")
    door = client_door(Client(enforce_csrf_checks=True))
    return Tablet(enrolled.server_url("http://testserver"), door)


@pytest.fixture
def form(db: None) -> Questionnaire:
    publish_form(content=FORM.read_bytes())
    current = Submission._meta.get_field("form").related_model.objects.get().current
    return Questionnaire(bytes(current.xform))


def interview(form: Questionnaire, number: int = 1, replaces: str = "") -> posts.Record:
    rng = Random(number)
    family = make_family(rng, village=villages_of(form)[0], number=number)
    given = {"consent": "yes", "enum_code": f"K{number:03}"}
    return hold_interview(
        form, family, key=f"timed/{number}", started=STARTED, device_id="collect:x",
        given=given, deprecated_id=replaces,
    )  # fmt: skip


def send(tablet: Tablet, held: posts.Record, log: bytes | None = None) -> None:
    files = {**held.attachments, **({} if log is None else {"audit.csv": log})}
    kinds = {".csv": "text/csv", ".png": "image/png"}
    parts = [(name, content, kinds[name[-4:]]) for name, content in files.items()]
    assert tablet.send(held.xml, parts).status == 201
    while process_waiting():
        pass


def seconds_each(held: posts.Record, seconds: float) -> bytes:
    """The log of an interview that was this long on each question."""
    lines, clock = [], int(STARTED.timestamp() * 1000)
    for line in held.attachments["audit.csv"].decode().splitlines():
        name, node, *_ = line.split(",")
        if name == "question":
            lines.append(f"question,{node},{clock},{clock + round(seconds * 1000)},,\n")
            clock += round(seconds * 1000)
    return (HEADER + "".join(lines)).encode()


def test_log_that_a_tablet_sent_is_read_at_night_and_once(
    tablet: Tablet, form: Questionnaire
) -> None:
    send(tablet, interview(form))
    assert not AuditTiming.objects.exists()

    check_quality()

    timing = AuditTiming.objects.get()
    assert timing.pk == CleanRow.objects.get(repeat="").pk
    assert timing.sha256 == Attachment.objects.get(name="audit.csv").sha256
    assert timing.visits["intro/consent"] == 4.2
    assert (timing.paused, timing.bad_lines) == (0, 0)
    AuditTiming.objects.update(active=1234)  # would be written over if the log were read again
    check_quality()
    assert AuditTiming.objects.get().active == 1234


def test_edit_brings_a_new_log_and_is_timed_by_it(tablet: Tablet, form: Questionnaire) -> None:
    first = interview(form)
    send(tablet, first)
    check_quality()

    again = interview(form, replaces=first.instance_id)
    send(tablet, again, seconds_each(again, 9))
    check_quality()

    assert AuditTiming.objects.get().visits["intro/consent"] == 9


def test_broken_or_missing_log_stops_nothing(
    tablet: Tablet, form: Questionnaire, settings: object
) -> None:
    send(tablet, interview(form, 1), b"\x00\xff no log at all")
    gone = interview(form, 2)
    send(tablet, gone)
    log = Attachment.objects.get(name="audit.csv", submission__instance_id=gone.instance_id)
    (Path(settings.MEDIA_ROOT) / log.relative_path).unlink()  # type: ignore[attr-defined]

    run = check_quality()

    assert (run.records, run.broken) == (2, {})
    assert [(t.active, t.visits) for t in AuditTiming.objects.all()] == [(0, {})]


def test_timing_of_a_record_that_was_rejected_is_let_go(
    tablet: Tablet, form: Questionnaire
) -> None:
    send(tablet, interview(form))
    check_quality()

    Submission.objects.update(review_state="rejected")
    check_quality()

    assert not AuditTiming.objects.exists()


def test_hurried_interview_is_flagged_at_its_log(tablet: Tablet, form: Questionnaire) -> None:
    hurried = interview(form, 1)
    send(tablet, hurried, seconds_each(hurried, 0.1))
    send(tablet, interview(form, 2))

    check_quality()

    flag = QualityFlag.objects.get(code="too_fast_questions")
    assert flag.submission.instance_id == hurried.instance_id
    assert (flag.path, flag.measure["percent"]) == ("meta/audit", 100.0)


def test_page_and_workbook_hold_each_question_by_enumerator(
    tablet: Tablet, form: Questionnaire, as_alice: Client
) -> None:
    slow = interview(form, 2)
    send(tablet, interview(form, 1))
    send(tablet, slow, seconds_each(slow, 9))
    check_quality()

    everybody = as_alice.get("/quality/timing/", **PAGE).content.decode()
    one = as_alice.get("/quality/timing/?enumerator=K002", **PAGE).content.decode()
    book = load_workbook(io.BytesIO(as_alice.get("/quality/report.xlsx").content))

    assert "<small><code>consent</code></small>" in everybody
    assert ">6.6</td>" in everybody  # the median of 4.2 and 9
    assert ">K001</td>" in everybody
    assert ">9.0</td>" in one
    rows = list(book["question timing"].iter_rows(values_only=True))
    consent = [row[3:] for row in rows if row[1] == "consent"]
    assert consent == [(None, 2, 6.6, 4.2), ("K001", 1, 4.2, 4.2), ("K002", 1, 9, 9)]


def test_supervisor_of_some_places_sees_no_figures_of_the_whole(
    tablet: Tablet, form: Questionnaire, as_dilnoza: Client
) -> None:
    send(tablet, interview(form))
    check_quality()

    page = as_dilnoza.get("/quality/timing/", **PAGE).content.decode()
    book = load_workbook(io.BytesIO(as_dilnoza.get("/quality/report.xlsx").content))

    assert "K001" not in page
    assert book["question timing"].max_row == 1


def test_page_of_timing_asks_the_same_however_many_interviews(
    tablet: Tablet, form: Questionnaire, as_alice: Client, alice: User
) -> None:
    def queries() -> int:
        as_alice.get("/quality/timing/", **PAGE)
        with CaptureQueriesContext(connection) as found:
            assert as_alice.get("/quality/timing/", **PAGE).status_code == 200
        return len(found)

    send(tablet, interview(form, 1))
    check_quality()
    few = queries()
    for number in (2, 3):
        send(tablet, interview(form, number))
    check_quality()

    assert queries() == few


def test_questions_of_legal_aid_are_not_told(db: None) -> None:
    service = publish(schema_of("service"))
    visits = {"legal/legal_topics": 5.0, "enum_code": 6.0}
    told = load_records()
    timing = Timing(11, 0, 0, visits=visits)
    told.records.append(replace(record(form=service.form_id), timing=timing))

    paths = {row["path"] for row in tables_of(told)[QUESTION_TIMES]}

    assert paths == {"enum_code"}


# --- the checks, without a database --------------------------------------------------------------


def timed(seconds: list[float], *, active: float = 1800, pause: float = 0) -> Record:
    visits = {f"q{number}": each for number, each in enumerate(seconds)}
    return replace(record(), timing=Timing(active, pause, pause, visits=visits))


def found(code: str, *records: Record) -> list[Finding]:
    told = evaluate(records, [BY_CODE[code]])
    assert told.broken == {}
    return [finding for _, finding in told.found]


@pytest.mark.parametrize(
    ("seconds", "percents"),
    [
        ([1.9] * 9 + [2.0] * 11, [45.0]),
        ([1.9] * 8 + [2.0] * 12, []),  # 40 % is not more than 40 %
        ([1.0] * 19, []),  # too few questions to say
        ([], []),
    ],
)
def test_too_many_fast_questions_are_a_finding(seconds: list[float], percents: list[float]) -> None:
    assert [f.measure["percent"] for f in found("too_fast_questions", timed(seconds))] == percents


def test_refusal_may_be_fast() -> None:
    refused = replace(timed([1.0] * 30), answers={"consent": "no"})

    assert found("too_fast_questions", refused) == []


def test_active_time_is_held_against_the_median_of_the_same_form_and_country() -> None:
    short = timed([], active=719)
    team = [timed([], active=1800) for _ in range(9)]
    abroad = [replace(timed([], active=600), country="TJ") for _ in range(12)]

    (finding,) = found("active_too_short", short, *team, *abroad)

    assert (finding.record, dict(finding.measure)) == (short.id, {"minutes": 12.0})
    assert finding.bounds == {"usual": 30.0, "of": 10}
    assert found("active_too_short", replace(short, timing=Timing(720, 0, 0)), *team) == []
    assert found("active_too_short", short, *team[1:]) == []  # nine are too few


def test_only_a_pause_of_more_than_an_hour_is_long() -> None:
    assert found("long_pause", timed([], pause=3600), record()) == []
    assert [f.measure for f in found("long_pause", timed([], pause=3660))] == [{"minutes": 61.0}]


def test_questions_keep_their_order_and_only_those_that_may_be_told_are_told() -> None:
    one = timed([3, 8, 5])
    two = replace(timed([4, 2]), enumerator="K002")

    told = question_times_of([one, two, record()], {one.form: ["q1", "q0"]})

    assert [(t.name, t.enumerator, t.interviews, t.median, t.least) for t in told] == [
        ("q1", "", 2, 5.0, 2), ("q1", "K001", 1, 8, 8), ("q1", "K002", 1, 2, 2),
        ("q0", "", 2, 3.5, 3), ("q0", "K001", 1, 3, 3), ("q0", "K002", 1, 4, 4),
    ]  # fmt: skip
