"""The household list of one large district as Collect fetches it: made anew, and unchanged."""

import http.client
from collections.abc import Iterator

from tests.benchmarks.bench import Bench, Timed
from tests.benchmarks.report import Measurement

HOUSEHOLDS = 10_000
COLD, UNCHANGED = 7, 200


def entity_csv(bench: Bench) -> Iterator[Measurement]:
    places = bench.office(f"fill_large_district({HOUSEHOLDS})")
    (token,) = bench.office(f"enrol(count=1, places={places})")
    path = f"/key/{token}/entity-lists/households.csv"
    connection = http.client.HTTPConnection("127.0.0.1", bench.server.port)
    cold, unchanged = Timed(), Timed()
    for _ in range(COLD):
        bench.office("change_in_large_district(1)")
        connection.close()  # idle for so long, the server may have ended it; it opens again
        with bench.timing(cold):
            tag = _fetch(connection, path, "", 200)
    for _ in range(UNCHANGED // 10):
        with bench.timing(unchanged):
            for _ in range(10):
                assert _fetch(connection, path, tag, 304) == tag
    connection.close()
    name = f"entity CSV of {HOUSEHOLDS:,} households"
    yield Measurement(f"{name}: cold", cold.wall, "ms", 300)
    yield Measurement(f"{name}: cold, CPU", cold.cpu, "ms")
    yield Measurement(f"{name}: unchanged", unchanged.wall / 10, "ms", 5)
    yield Measurement(f"{name}: unchanged, CPU", unchanged.cpu / 10, "ms")


def _fetch(connection: http.client.HTTPConnection, path: str, tag: str, status: int) -> str:
    """The ETag of the answer, which must have this status."""
    sent = {"X-OpenRosa-Version": "1.0", "Accept-Encoding": "gzip"}
    connection.request("GET", path, headers={**sent, **({"If-None-Match": tag} if tag else {})})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == status, (answer.status, body[:300])
    return answer.headers["ETag"]
