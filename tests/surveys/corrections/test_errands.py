"""Errands: many answers recoded or decided on by a worker, however often it is killed."""

import os
import signal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections import work
from surveys.corrections.errands import ask_decision, ask_recode, stop_errand
from surveys.corrections.models import Correction, CorrectionStep, Errand
from surveys.corrections.recode import find_other
from surveys.corrections.work import run_errands
from surveys.privacy.access import unmask
from surveys.xforms.models import Form
from tests.surveys.corrections.interviews import interview, publish, sent
from tests.surveys.corrections.test_decide import problem
from tests.surveys.household_forms import drain

PATH = "intro/partner_other"


@pytest.fixture
def records(db: None) -> list[CleanRow]:
    publish()
    return [sent(interview(n, partner="other", partner_other="Red Crescent")) for n in range(6)]


def ask(by: User, words: str = "red crescent") -> Errand:
    form = Form.objects.get()
    other = find_other(form, PATH)
    return ask_recode(
        form=form,
        path=PATH,
        words=[words],
        code=next(c.name for c in other.choice.choices if c.name != other.code),
        reason="The same partner",
        by=by,
        granted=unmask(user=by, reason="grouping what people wrote", target="recode"),
    )


def now(errand: Errand) -> Errand:
    errand.refresh_from_db()
    return errand


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("inside", [True, False], ids=["within an answer", "between two"])
def test_worker_that_is_killed_leaves_nothing_out_and_does_nothing_twice(
    gulnara: User, records: list[CleanRow], inside: bool
) -> None:
    errand = ask(gulnara)
    connection.close()  # the child is not to share ours
    if (worker := os.fork()) == 0:
        _work_until_killed(answers=3, inside=inside)
    _, ended = os.waitpid(worker, 0)
    assert os.WTERMSIG(ended) == signal.SIGKILL

    assert now(errand).state == Errand.State.OPEN
    assert errand.done == Correction.objects.count() == (2 if inside else 3)
    assert run_errands() == 1
    assert (now(errand).state, errand.done, errand.left) == (Errand.State.DONE, 6, 0)
    made = Correction.objects.all()
    assert sorted(c.record_id for c in made) == sorted(r.pk for r in records)
    assert {c.bundle for c in made} == {errand.bundle}
    assert CorrectionStep.objects.count() == 6
    assert errand.words == []
    assert run_errands() == 0


def _work_until_killed(*, answers: int, inside: bool) -> None:
    """In the child: the end comes while, or after, so many answers were done."""
    whole, seen = work._Recode.do, 0
    one = work._one

    def dying(self: work._Recode, key: object) -> int:
        nonlocal seen
        made = whole(self, key)  # type: ignore[arg-type]
        seen += 1
        if inside and seen == answers:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    def dying_after(*said: object) -> bool:
        went_on = one(*said)  # type: ignore[arg-type]
        if seen == answers:
            os.kill(os.getpid(), signal.SIGKILL)
        return went_on

    try:
        work._Recode.do = dying  # type: ignore[method-assign]
        work._one = dying_after  # type: ignore[assignment]
        run_errands()
    finally:
        os._exit(1)  # never back into pytest


def test_answer_that_cannot_be_is_left_and_counted(gulnara: User, records: list[CleanRow]) -> None:
    first, second = ask(gulnara), ask(gulnara)
    assert run_errands() == 2
    assert (now(first).done, now(second).done) == (6, 0)
    assert second.refused == {"correction_waiting": 6}
    assert second.state == Errand.State.DONE


def test_right_that_was_lost_meanwhile_ends_it(gulnara: User, records: list[CleanRow]) -> None:
    errand = ask(gulnara)
    gulnara.role = User.Role.ANALYST
    gulnara.save()
    run_errands()
    assert (now(errand).state, errand.error) == (Errand.State.FAILED, "not_allowed")
    assert not Correction.objects.exists()


def test_stopped_errand_is_not_gone_on_with(gulnara: User, records: list[CleanRow]) -> None:
    errand = ask(gulnara)
    stop_errand(errand, by=gulnara)
    assert run_errands() == 0
    assert now(errand).state == Errand.State.STOPPED
    assert not Correction.objects.exists()
    problem("correction_decided", stop_errand, errand, by=gulnara)


def test_bundle_is_decided_record_by_record_and_what_cannot_be_is_left(
    gulnara: User, alice: User, records: list[CleanRow]
) -> None:
    ask(gulnara)
    run_errands()
    made = list(Correction.objects.order_by("pk"))
    Correction.objects.filter(pk=made[0].pk).update(state=Correction.State.STALE)
    decision = {"correction_id": made[1].pk, "move": "approve", "by": alice}
    errand = ask_decision(**decision, granted=_granted(alice))
    assert (errand.total, errand.left) == (5, 5)
    assert ask_decision(**decision, granted=_granted(alice)).pk == errand.pk
    problem(
        "correction_busy", ask_decision, correction_id=made[1].pk, move="reject", why="No", by=alice
    )
    run_errands()
    assert (now(errand).done, errand.state) == (5, Errand.State.DONE)
    drain()
    states = Correction.objects.values_list("state", flat=True)
    assert sorted(states) == ["applied"] * 5 + ["stale"]


def _granted(user: User) -> object:
    return unmask(user=user, reason="deciding on a recode", target="corrections")


def test_nobody_approves_their_own_bundle(alice: User, records: list[CleanRow]) -> None:
    ask(alice)
    run_errands()
    made = Correction.objects.all()[0]
    problem("correction_own", ask_decision, correction_id=made.pk, move="approve", by=alice)
    assert Errand.objects.count() == 1


def test_page_and_answer_say_how_far_it_is_and_only_to_who_asked(
    gulnara: User, as_gulnara: Client, as_alice: Client, records: list[CleanRow]
) -> None:
    errand = ask(gulnara)
    Errand.objects.update(done=2, refused={"correction_waiting": 1}, asked_at=timezone.now())
    page = as_gulnara.get(f"/corrections/errands/{errand.pk}/").content.decode()
    assert "Proposed</dt><dd>2<" in page
    assert "A correction waits already: 1" in page
    assert "Still to do</dt><dd>3<" in page
    assert "2 of 6 answers" in as_gulnara.get("/corrections/").content.decode()
    told = as_gulnara.get(f"/api/v1/corrections/errands/{errand.pk}/").json()
    assert (told["state"], told["total"], told["done"], told["left"]) == ("open", 6, 2, 3)
    assert "words" not in told
    assert as_alice.get(f"/corrections/errands/{errand.pk}/").status_code == 404
    assert as_alice.get(f"/api/v1/corrections/errands/{errand.pk}/").status_code == 404
