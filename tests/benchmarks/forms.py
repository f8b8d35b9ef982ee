"""What a tablet asks every quarter of an hour: the form list and the manifest of every form."""

from pathlib import Path
from urllib.parse import urlsplit

from openpyxl import Workbook

from sync.fieldwork.tablet import Tablet
from tests.live import LiveServer


def form_list_requests(server: LiveServer, *, forms: int) -> list[bytes]:
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
