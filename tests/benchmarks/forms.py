"""What a tablet asks every quarter of an hour: the form list and the manifest of every form."""

import time
from pathlib import Path
from statistics import median

from openpyxl import Workbook

from sync.fieldwork.tablet import Tablet
from tests.live import LiveServer


def time_form_list(server: LiveServer, *, forms: int, slices: int) -> float:
    """Seconds for the list and all manifests, one after another as Collect fetches them."""
    paths = [_workbook(server.var / f"bench{number}.xlsx", number) for number in range(forms - 3)]
    server.manage("publish_xlsform", *map(str, paths))
    tablet = Tablet(f"{server.url}/key/{server.tokens[0]}", name="bench")
    try:
        _check(tablet, forms)
        return median(_timed(tablet) for _ in range(slices))
    finally:
        tablet.close()


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


def _check(tablet: Tablet, forms: int) -> None:
    """The list must name them all, and every manifest the household list."""
    listed, manifests = tablet.fetch_listing()
    assert len(listed.findall("{*}xform")) == forms
    assert len(manifests) >= forms - 1  # registration needs no file
    assert all(each.findtext("{*}mediaFile/{*}filename") for each in manifests)


def _timed(tablet: Tablet) -> float:
    began = time.perf_counter()
    tablet.fetch_listing()
    return time.perf_counter() - began
