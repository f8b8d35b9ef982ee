"""Recoding "other: specify": texts with counts, one proposal for many records, one approval."""

from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction, Errand
from surveys.corrections.recode import others_of, texts_of
from surveys.corrections.work import run_errands
from surveys.privacy.access import unmask
from surveys.xforms.models import Form
from tests.surveys.corrections.interviews import interview, publish, sent
from tests.surveys.household_forms import drain

PAGE = "/corrections/recode/"
REASON = "grouping what people wrote"
PATH = "intro/partner_other"


@pytest.fixture
def records(db: None) -> list[CleanRow]:
    """Three that name a partner who is in the list, differently typed, and one who is not."""
    publish()
    words = ("Red  Crescent", "red  crescent ", "Red  Crescent", "Mercy")
    return [
        sent(interview(seed, partner="other", partner_other=each))
        for seed, each in enumerate(words)
    ]


@pytest.fixture
def as_reader(as_gulnara: Client) -> Client:
    """A supervisor who has said why she reads what people wrote."""
    as_gulnara.post("/review/reason/", {"reason": REASON})
    return as_gulnara


@pytest.fixture
def code(records: list[CleanRow]) -> str:
    other = _partner()
    return next(c.name for c in other.choice.choices if c.name != "other")


def _partner() -> Any:
    form = Form.objects.get()
    return next(o for o in others_of(form) if o.text.path == PATH)


def test_questions_behind_other_are_those_of_the_form(records: list[CleanRow]) -> None:
    found = [(o.text.key, o.choice.key) for o in others_of(Form.objects.get())]
    assert ("partner_other", "partner") in found
    assert ("village_other", "village") in found
    assert ("income_source_other", "income_sources") in found


def test_texts_are_counted_whatever_their_letters(records: list[CleanRow], gulnara: User) -> None:
    granted = unmask(user=gulnara, reason=REASON, target="recode")
    texts = texts_of(Form.objects.get(), _partner(), gulnara, granted)
    assert [(t.words, t.count) for t in texts] == [("red  crescent", 3), ("mercy", 1)]


def test_recode_of_three_records_needs_one_approval(
    records: list[CleanRow], as_reader: Client, as_alice: Client, code: str
) -> None:
    page = as_reader.get(PAGE, {"form": "rmp_registration", "path": PATH}).content.decode()
    assert "red  crescent" in page
    said = {"form": "rmp_registration", "path": PATH, "words": ["red  crescent"], "code": code,
            "reason": "The same partner"}  # fmt: skip
    asked = as_reader.post(PAGE, said)["Location"]
    assert "Still to do</dt><dd>3<" in as_reader.get(asked).content.decode()
    assert run_errands() == 1
    assert "Proposed</dt><dd>3<" in as_reader.get(asked).content.decode()

    made = Correction.objects.all()
    assert len(made) == 3
    assert len({c.bundle for c in made}) == 1
    page = as_alice.get("/corrections/").content.decode()
    assert "3 answers" in page
    as_alice.post(
        "/corrections/decide/", {"correction": made[0].pk, "move": "approve", "whole": "1"}
    )
    assert run_errands() == 1
    drain()

    now = [CleanRow.objects.get(pk=r.pk).values for r in records]
    assert [v["partner"] for v in now] == [code, code, code, "other"]
    assert [v.get("partner_other") for v in now] == [None, None, None, "Mercy"]


def test_second_recode_of_the_same_answers_is_left(
    records: list[CleanRow], as_reader: Client, code: str
) -> None:
    said = {"form": "rmp_registration", "path": PATH, "words": ["mercy"], "code": code,
            "reason": "The same partner"}  # fmt: skip
    as_reader.post(PAGE, said)
    run_errands()
    asked = as_reader.post(PAGE, said)["Location"]
    run_errands()
    page = as_reader.get(asked).content.decode()
    assert "A correction waits already: 1" in page
    assert "Still to do</dt><dd>0<" in page
    assert Correction.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"words": []}, {"code": "other"}, {"code": "x"}, {"reason": ""}])
def test_recode_that_says_too_little_is_refused(
    records: list[CleanRow], as_reader: Client, code: str, wrong: dict[str, Any]
) -> None:
    said = {"form": "rmp_registration", "path": PATH, "words": ["mercy"], "code": code,
            "reason": "The same partner", **wrong}  # fmt: skip
    assert as_reader.post(PAGE, said).status_code == 400
    assert not Errand.objects.exists()


def test_what_people_wrote_is_masked_without_a_reason(
    records: list[CleanRow], as_gulnara: Client
) -> None:
    answer = as_gulnara.get(PAGE, {"form": "rmp_registration", "path": PATH})
    assert answer.status_code == 403
    assert "crescent" not in answer.content.decode()


def test_analyst_may_not_recode(as_bob: Client) -> None:
    assert as_bob.get(PAGE).status_code == 403


@pytest.fixture
def label(code: str) -> str:
    """A choice's label as somebody typed it into the text."""
    choice = next(c for c in _partner().choice.choices if c.name == code)
    typed = next(iter(choice.labels.values())).upper()
    sent(interview(9, partner="other", partner_other=typed))
    return typed.lower()


def test_text_that_is_a_label_is_ticked_for_its_choice_and_another_is_not(
    as_reader: Client, label: str, code: str
) -> None:
    page = as_reader.get(PAGE, {"form": "rmp_registration", "path": PATH}).content.decode()
    assert f'value="{label}" checked' in page
    assert 'value="mercy">' in page
    assert f'<option value="{code}" selected>' in page


def test_text_that_was_recoded_before_is_suggested_first(
    as_reader: Client, as_alice: Client, label: str, code: str
) -> None:
    another = next(c.name for c in _partner().choice.choices if c.name not in (code, "other"))
    said = {"form": "rmp_registration", "path": PATH, "words": [label], "code": another,
            "reason": "It is theirs"}  # fmt: skip
    as_reader.post(PAGE, said)
    run_errands()
    made = Correction.objects.get()
    as_alice.post("/corrections/decide/", {"correction": made.pk, "move": "approve"})
    drain()
    sent(interview(10, partner="other", partner_other=f" {label}!"))
    page = as_reader.get(PAGE, {"form": "rmp_registration", "path": PATH}).content.decode()
    assert f'value="{label}!" checked' in page
    assert "recoded so once before" in page
    assert f'<option value="{another}" selected>' in page
