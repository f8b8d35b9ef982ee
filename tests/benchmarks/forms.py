"""What a tablet asks every quarter of an hour: the form list and the manifest of every form."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from openpyxl import Workbook

from sync.fieldwork.tablet import Tablet
from tests.benchmarks.bench import SERVING, Bench
from tests.benchmarks.report import Measurement
from tests.live import LiveServer

SLICES = 3


def form_list(bench: Bench) -> Iterator[Measurement]:
    requests = _requests(bench.server, forms=100)
    bench.load(requests * 4, 8, 200)  # each connection plans its statements a few times
    slices = [bench.slice(requests, 1, SERVING, status=200) for _ in range(SLICES)]
    name = "form list and all manifests, 100 forms"
    yield Measurement(name, 1000 * median(s.load.seconds for s in slices), "ms", 100)
    cpu = len(requests) * median(each.cpu_ms for each in slices)
    yield Measurement(f"{name}: CPU, web and database", cpu, "ms")


def _requests(server: LiveServer, *, forms: int) -> list[bytes]:
    """The list and all manifests of so many forms, as Collect fetches them one after another."""
    paths = [_workbook(server.var / f"bench{number}.xlsx", number) for number in range(forms - 3)]
    server.manage("publish_xlsform", *map(str, paths))
    tablet = Tablet(f"{server.url}/key/{server.tokens[0]}", name="bench")
    listed = tablet.listed_forms()
    addresses = [form.manifest for form in listed if form.manifest]
    assert len(listed) == forms
    assert len(addresses) >= forms - 1  # registration needs no file
    assert all(tablet.listed_files(form) for form in listed if form.manifest)
    tablet.close()
    return [_get(f"{tablet.base.path}/formList"), *map(_get, addresses)]


def _get(address: str) -> bytes:
    """As Collect asks: compressed, and saying which device it is."""
    return (
        f"GET {urlsplit(address).path}?deviceID=collect%3Abench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "X-OpenRosa-Version: 1.0\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()


def _workbook(path: Path, number: int) -> Path:
    """A form that chooses from the household list, so that it has a manifest."""
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(["type", "name", "label"])
    survey.append(["select_one_from_file households.csv", "household", "Household"])
    survey.append(["text", "words", "Words"])
    settings = book.create_sheet("settings")
    settings.append(["form_title", "form_id", "version"])
    settings.append([f"Bench {number}", f"bench_{number}", "1"])
    book.save(path)
    return path
