"""What a season says of itself at its end: what was done, how it was answered, bytes used."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sync.fieldwork.fieldworker import Belief
from sync.fieldwork.link import Usage
from sync.fieldwork.season import Season


def report(season: Season) -> Iterator[str]:
    yield from _office(season)
    answers: Counter[tuple[str, str]] = Counter()
    for worker in season.workers:
        answers += worker.answers
    for (what, status), count in sorted(answers.items()):
        yield f"{count:>7}  {status:<12} {what}"
    believed = Counter(parcel.belief for worker in season.workers for parcel in worker.parcels)
    yield ", ".join(f"{believed[belief]} {belief}" for belief in Belief if believed[belief])
    yield from _bytes(season)


def _office(season: Season) -> Iterator[str]:
    for what, count in sorted(Counter(season.office.done).items()):
        yield f"{count:>7}  {what}"


def _bytes(season: Season) -> Iterator[str]:
    usages: dict[str, Usage] = defaultdict(Usage)
    for worker in season.workers:
        usages[worker.plan.speaks].add(worker.link.usage)
    yield f"{'requests':>9} {'KB up':>10} {'KB down':>10}  breaks"
    for protocol, usage in sorted(usages.items()):
        up, down = sum(usage.up.values()), sum(usage.down.values())
        count = sum(usage.requests.values())
        yield f"{count:>9} {up / 1024:>10.1f} {down / 1024:>10.1f}  {usage.breaks:<7} {protocol}"
        for kind in sorted(usage.requests):
            count, up, down = usage.requests[kind], usage.up[kind], usage.down[kind]
            yield f"{count:>9} {up / 1024:>10.1f} {down / 1024:>10.1f}  {'':<9} {kind}"
