"""The day all tablets come back: 120 at once, each with three weeks of backlog, half of them with
OpenRosa and half with the JSON API."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sync.fieldwork.posts import Record
from sync.fieldwork.tablet import Tablet
from tests.benchmarks.bench import ALL_ROLES, Bench
from tests.benchmarks.load import percentile
from tests.benchmarks.processes import peak_memory_mb
from tests.benchmarks.report import Measurement
from tests.benchmarks.tablets import Backlog, Tally, come_back

TABLETS, RECORDS, PHOTOS, PHOTO_BYTES = 120, 40, 10, 200_000
MOST_MS, MOST_MB = 2000, 400
DRAIN_SECONDS = 300.0


def burst(bench: Bench) -> Iterator[Measurement]:
    backlogs = _backlogs(bench)
    with bench.watching_others():
        cpu = bench.cpu(ALL_ROLES)
        tally = come_back(bench.server.port, backlogs)
        cpu = bench.cpu(ALL_ROLES) - cpu
    records = [record for backlog in backlogs for record in backlog.records]
    bench.sent += len(records)
    peaks = {
        role: max(map(peak_memory_mb, pids)) for role, pids in bench.server.process_trees().items()
    }
    bench.server.drain(DRAIN_SECONDS)
    yield from _answered(tally)
    yield Measurement("burst: until the last tablet was done", tally.seconds, "s")
    yield Measurement("burst: CPU of all processes meanwhile", cpu / tally.seconds, "cores")
    yield Measurement("burst: other work meanwhile", bench.others[-1], "cores")
    yield from _lost(bench, records)
    for role in ALL_ROLES:
        yield Measurement(f"burst: peak memory, largest of {role}", peaks[role], "MB", MOST_MB)


def _backlogs(bench: Bench) -> list[Backlog]:
    districts = bench.districts
    tokens = bench.office(f"enrol_by_district(count={TABLETS}, districts={districts})")
    lists = _lists(bench)
    return [
        Backlog(token, number % 2 == 1, [_record(bench, each) for each in range(RECORDS)], lists)
        for number, token in enumerate(tokens)
    ]


def _record(bench: Bench, number: int) -> Record:
    """Every fourth has a photo."""
    has_photo = number % (RECORDS // PHOTOS) == 0
    return bench.registrations.new(photo_bytes=PHOTO_BYTES if has_photo else 0)


def _lists(bench: Bench) -> list[str]:
    """What Collect fetches first, below the token: form list, manifests, households."""
    tablet = Tablet(f"{bench.server.url}/key/{bench.server.tokens[0]}", name="bench")
    listed = tablet.listed_forms()
    manifests = [form.manifest for form in listed if form.manifest]
    files = {file.name: file.address for form in listed for file in tablet.listed_files(form)}
    tablet.close()
    addresses = ["/formList", *manifests, files["households.csv"]]
    return [urlsplit(each).path.removeprefix(tablet.base.path) for each in addresses]


def _answered(tally: Tally) -> Iterator[Measurement]:
    good = {200, 201, 204}
    errors = sum(count for (_, status), count in tally.statuses.items() if status not in good)
    yield Measurement("burst: errors but 503 and 429 with Retry-After", errors, "answers", 0)
    yield Measurement("burst: told to come again", tally.waits, "answers")
    p99 = percentile(tally.all, 99)
    yield Measurement(f"burst: p99 of {len(tally.all):,} requests", p99, "ms", MOST_MS)
    for kind, each in sorted(tally.each.items()):
        yield Measurement(f"burst: p99 of a {kind}", percentile(each, 99), "ms")


def _lost(bench: Bench, records: Sequence[Record]) -> Iterator[Measurement]:
    """Every record is there once, and processed; every photo is attached and lies on the disk."""
    ids = [record.instance_id for record in records]
    ((stored,),) = bench.server.query(
        "SELECT count(*) FROM submissions_submission WHERE state = 1 AND instance_id = ANY(%s)",
        [ids],
    )
    photos = {
        (record.instance_id, hashlib.sha256(content).hexdigest())
        for record in records
        for content in record.attachments.values()
    }
    rows = bench.server.query(
        "SELECT instance_id, attachment.sha256 FROM submissions_attachment AS attachment"
        " JOIN submissions_submission AS record ON record.id = attachment.submission_id"
        " WHERE instance_id = ANY(%s)",
        [ids],
    )
    kept = {row for row in rows if _lies_there(bench.server.var / "attachments", row[1])}
    yield Measurement("burst: records lost", len(records) - stored, "records", 0)
    yield Measurement("burst: photos lost", len(photos - kept), "photos", 0)


def _lies_there(folder: Path, sha256: str) -> bool:
    return (folder / sha256[:2] / sha256[2:4] / sha256).stat().st_size == PHOTO_BYTES
