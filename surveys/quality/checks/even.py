"""too_even: answers spread more evenly over the choices than families' answers are. Pure.

Who makes answers up tends to give each choice its turn. Of each question with three choices or
more the evenness of an enumerator's answers is their entropy H = −Σ f ln f. Were these families
like those of all others, with shares p, n answers would on the average have
H(p) − (k − 1)/2n (Miller 1955), with variance (Σ p ln² p − H(p)²)/n + (k − 1)/2n². z is the
distance from that in standard deviations. Families of one place are more alike than those of all
places, so honest answers lie below rather than above: many questions far above are no chance.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from surveys.quality.facts import Finding, Record
from surveys.quality.grouping import by_enumerator

# Asked of every family, of answers that families do not share out evenly.
QUESTIONS = (
    *("tenure", "water", "head_marital", "head_education", "income_main", "income_change"),
    *("need_1", "need_2", "debt_any", "shg_member", "new_activity", "useful", "fair"),
    *("LcsEN_stress_DomAsset", "LcsEN_stress_Saving", "LcsEN_stress_BorrowCash"),
    *("LcsEN_stress_Utilities", "LcsEN_crisis_ProdAssets", "LcsEN_crisis_Health"),
    *("LcsEN_crisis_OutSchool", "LcsEN_em_ResAsset", "LcsEN_em_FemAnimal", "LcsEN_em_Begged"),
)
UNSAID = frozenset({"", "dk", "refused"})
LEAST_CHOICES = 3
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Even:
    """A question is too even from so many standard deviations on; how many percent must be."""

    interviews: float = 30
    deviations: float = 3
    percent: float = 50
    least_questions: float = 4


def too_even(records: Sequence[Record], limits: Even) -> Iterator[Finding]:
    """One finding an enumerator and form, at the interview with which there were enough."""
    forms: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.interviewed and not record.restricted:
            forms[record.form].append(record)
    for theirs in forms.values():
        yield from _of_form(theirs, limits)


def _of_form(records: Sequence[Record], limits: Even) -> Iterator[Finding]:
    least = int(limits.interviews)
    counted = {name: _counts(told) for name, told in by_enumerator(records).items()}
    everybody: dict[str, Counter[str]] = defaultdict(Counter)
    for counts in counted.values():
        for question, found in counts.items():
            everybody[question].update(found)
    for name, theirs in by_enumerator(records).items():
        if len(theirs) < least:
            continue
        told = [
            z
            for question, mine in counted[name].items()
            if (z := evenness(mine, everybody[question] - mine, least=least)) is not None
        ]
        even = sum(z >= limits.deviations for z in told)
        if len(told) >= limits.least_questions and 100 * even >= limits.percent * len(told):
            bounds = {"of": len(told), "interviews": len(theirs), "percent": limits.percent}
            at = theirs[least - 1].id
            yield Finding(at, "", measure={"questions": even}, bounds=bounds)


def _counts(records: Sequence[Record]) -> dict[str, Counter[str]]:
    """Question → answers that say something."""
    found: dict[str, Counter[str]] = {name: Counter() for name in QUESTIONS}
    for record in records:
        for name, answers in found.items():
            if (code := record.code(name)) not in UNSAID:
                answers[code] += 1
    return found


def evenness(mine: Counts, others: Counts, *, least: int) -> float | None:
    """How many standard deviations more even than answers of the others; None of too few."""
    n, rest = sum(mine.values()), sum(others.values())
    choices = {code for counts in (mine, others) for code, count in counts.items() if count}
    if min(n, rest) < least or len(choices) < LEAST_CHOICES:
        return None
    shares = [count / rest for count in others.values() if count]
    usual, k = _entropy(shares), len(choices)
    spread = sum(p * log(p) ** 2 for p in shares) - usual**2
    deviation = sqrt(max(spread, 0.0) / n + (k - 1) / (2 * n * n))
    expected = usual - (k - 1) / (2 * n)
    return (_entropy([count / n for count in mine.values() if count]) - expected) / deviation


def _entropy(shares: Sequence[float]) -> float:
    return -sum(p * log(p) for p in shares)
