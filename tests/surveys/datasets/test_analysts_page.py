"""The Python of docs/analysts.md, run against a server as an analyst would, and its R on files."""

import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.live_server_helper import LiveServer
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).parents[3] / "docs" / "analysts.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.S)


@pytest.fixture
def worker() -> Iterator[None]:
    """Builds what waits, as the exports worker does."""
    enough = threading.Event()

    def work() -> None:
        while not enough.wait(0.1):
            build_waiting_exports()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    enough.set()
    thread.join()


@pytest.mark.usefixtures("worker")
def test_python_on_the_page_runs_and_finds_the_same_numbers(
    live_server: LiveServer,
    bob: User,
    form: Form,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, size in enumerate((3, 5, 9)):
        answers = {"country": "KG", "hh_size": size, "income": 10.5}
        make_record(form, answers, members=[{"age": 7 * size}], minutes=number)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OILA_SERVER", live_server.url)
    monkeypatch.setenv("OILA_TOKEN", make_personal_token(user=bob, name="pandas"))

    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    exec(compile(blocks[0], str(PAGE), "exec"), found)
    found["oila"].headers["Connection"] = "close"  # else the server's threads outlive the test
    found["oila"].mount("http://", HTTPAdapter(max_retries=Retry(5, backoff_factor=0.2)))
    for block in blocks[1:]:
        exec(compile(block, str(PAGE), "exec"), found)

    assert len(blocks) == 7
    assert sorted(found["large"]["hh_size"]) == [5, 9]
    assert found["made"]["tables"] == {"visit": 3, "member": 3}
    assert sorted(found["joined"]["age"]) == [21, 35, 63]
    assert list(found["frame"]["hh_size"]) == [3, 5, 9]
    assert found["about"].column_names_to_labels["village"] == "Село"
    assert (len(found["changed"]), len(found["gone"])) == (3, 0)
    assert list(found["sizes"]["count"]) == [2]
    assert list(found["sizes"]["median"]) == [7]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no R here")
def test_r_on_the_page_reads_the_files_with_their_labels(
    bob: User, form: Form, tmp_path: Path
) -> None:
    for number, (country, income) in enumerate((("KG", 10.5), ("TJ", 2.5), ("TJ", None))):
        answers = {"country": country} | ({} if income is None else {"income": income})
        make_record(form, answers, members=[{"age": 7 * number + 3}], minutes=number)
    for kind, folder in (("dta", "stata"), ("sav", "spss")):
        export = request_export(form_id="visit", kind=kind, by=bob, language="ru", purpose="report")
        build_waiting_exports(only=export.pk)
        with zipfile.ZipFile(export.path) as archive:
            archive.extractall(tmp_path / folder)
    block = re.findall(r"```r\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[0]

    run = subprocess.run(
        ["Rscript", "-e", block], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )  # fmt: skip

    said = run.stdout.split()
    assert said[said.index("Кыргызстан") :] == ["Кыргызстан", "Таджикистан", "3.0", "13.5"]
    assert said[said.index("a") :][:4] == ["a", "<NA>", "1", "2"]
