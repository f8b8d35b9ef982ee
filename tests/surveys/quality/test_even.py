"""Answers that are too even, over made-up enumerators whose answers are drawn with a seed."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from surveys.quality.catalog import BY_CODE
from surveys.quality.checks.even import evenness
from surveys.quality.facts import Finding, Record
from tests.surveys.quality.invented import MORNING, record

SHARES = {
    "tenure": {"own": 85, "rent": 9, "relatives": 6},
    "water": {"tap": 60, "pump": 25, "spring": 10, "ditch": 5},
    "head_marital": {"nikoh": 70, "widow": 20, "divorced": 7, "single": 3},
    "income_change": {"less": 50, "same": 40, "more": 10},
    "need_1": {"food": 45, "work": 30, "health": 15, "school": 6, "roof": 4},
    "LcsEN_stress_Saving": {"no": 75, "yes": 15, "done": 5, "never": 5},
}


def interviews(enumerator: str, count: int, luck: Random, *, even: bool = False) -> list[Record]:
    """Answers drawn by the shares of all families; `even` gives each choice the same chance."""

    def answers() -> dict[str, str]:
        return {
            name: luck.choices(list(shares), None if even else list(shares.values()))[0]
            for name, shares in SHARES.items()
        }

    hours = (timedelta(hours=n) for n in range(count))
    return [record(at=MORNING + h, enumerator=enumerator, answers=answers()) for h in hours]


def found(records: list[Record]) -> list[Finding]:
    check = BY_CODE["too_even"]
    return list(check.find(records, check.limits))


def honest(luck: Random) -> list[Record]:
    return [each for n in range(8) for each in interviews(f"K{n:03}", 40, luck)]


@pytest.mark.parametrize("seed", range(12))
def test_enumerator_who_gives_each_choice_its_turn_is_found_and_nobody_else(seed: int) -> None:
    luck = Random(seed)
    invented = interviews("K999", 40, luck, even=True)

    (finding,) = found([*honest(luck), *invented])

    assert finding.record == invented[29].id  # with which there were enough
    assert finding.measure["questions"] >= 3
    assert finding.bounds == {"of": len(SHARES), "interviews": 40, "percent": 50}


@pytest.mark.parametrize("seed", range(12))
def test_enumerators_who_asked_are_not_found(seed: int) -> None:
    assert found(honest(Random(seed))) == []


def test_finding_stays_at_its_interview_when_more_are_made_up() -> None:
    luck = Random(1)
    others, invented = honest(luck), interviews("K999", 60, luck, even=True)

    (before,), (after,) = found([*others, *invented[:35]]), found([*others, *invented])

    assert before.record == after.record


def test_too_few_interviews_say_nothing() -> None:
    luck = Random(1)
    assert found([*honest(luck), *interviews("K999", 29, luck, even=True)]) == []


def test_families_of_one_place_who_are_all_alike_are_less_even_than_others() -> None:
    assert evenness(Counter(tap=40), Counter(tap=60, pump=25, spring=15), least=30) < 0  # type: ignore[operator]


def test_worked_example_of_evenness() -> None:
    """40 answers, 10 of each; others 50, 25, 15, 10 of a hundred.

    H = ln 4 = 1.3863; of the others 1.2080; expected 1.2080 − 3/80 = 1.1705;
    Σ p ln² p = 0.2402 + 0.4805 + 0.5399 + 0.5302 = 1.7908; variance (1.7908 − 1.4592)/40 + 3/3200
    = 0.00923, its root 0.0961; z = 0.2158/0.0961 = 2.25.
    """
    mine, others = Counter(a=10, b=10, c=10, d=10), Counter(a=50, b=25, c=15, d=10)
    assert evenness(mine, others, least=30) == pytest.approx(2.25, abs=0.01)


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        (Counter(a=29), Counter(a=20, b=20, c=20)),
        (Counter(a=40), Counter(a=9, b=10, c=10)),
        (Counter(a=40), Counter(a=30, b=30)),
    ],
)
def test_question_with_few_answers_or_two_choices_says_nothing(
    mine: Counter[str], others: Counter[str]
) -> None:
    assert evenness(mine, others, least=30) is None
