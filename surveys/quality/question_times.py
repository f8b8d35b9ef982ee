"""question_times_of: interviews with their timing → seconds by question and enumerator. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.quality.facts import Record
from surveys.quality.grouping import median_of

EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class QuestionTime:
    """Seconds on one question over all its visits in an interview; `enumerator` "" is everybody."""

    form: str
    name: str
    path: str
    enumerator: str
    interviews: int
    median: float
    least: float


def question_times_of(
    records: Iterable[Record], paths: Mapping[str, Iterable[str]]
) -> list[QuestionTime]:
    """In the order of `paths` (form → questions that may be told); everybody before each one."""
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        for path, seconds in record.timing.visits.items() if record.timing else ():
            for enumerator in {EVERYBODY, record.enumerator}:
                found[record.form, path][enumerator].append(seconds)
    return [
        _line(form, path, enumerator, seconds)
        for form, those in paths.items()
        for path in those
        for enumerator, seconds in sorted(found.get((form, path), {}).items())
    ]


def _line(form: str, path: str, enumerator: str, seconds: list[float]) -> QuestionTime:
    return QuestionTime(
        form=form,
        name=path.rpartition("/")[2],
        path=path,
        enumerator=enumerator,
        interviews=len(seconds),
        median=round(median_of(seconds), 1),
        least=min(seconds),
    )
