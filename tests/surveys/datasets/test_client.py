"""A client that openapi-python-client makes from our document reads records, typed."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def generated(as_bob: Client, form: Form, tmp_path: Path) -> Any:
    """The package it makes, imported."""
    document = tmp_path / "schema.json"
    document.write_text(json.dumps(as_bob.get("/api/schema/").json()))
    settings = tmp_path / "settings.yml"
    settings.write_text("post_hooks: []\npackage_name_override: oila_client\n")
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate"),
            *("--path", str(document), "--config", str(settings), "--meta", "none"),
            *("--output-path", str(tmp_path / "oila_client")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout, made.stdout
    sys.path.insert(0, str(tmp_path))
    try:
        yield importlib.import_module("oila_client")
    finally:
        sys.path.remove(str(tmp_path))
        for name in [n for n in sys.modules if n.split(".")[0] == "oila_client"]:
            del sys.modules[name]


class Through(httpx.BaseTransport):
    """Hands the client's requests to the application in this process."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.client.generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            headers=dict(request.headers),
        )
        return httpx.Response(
            answer.status_code, headers=dict(answer.items()), content=answer.content
        )


def test_generated_client_reads_typed_records_of_a_form(
    generated: Any, client: Client, bob: User, form: Form
) -> None:
    make_record(form, {"hh_size": 5, "country": "KG", "day": "2014-06-03", "needs": ["work"]})
    make_record(form, {"hh_size": 2}, minutes=1)
    reader = generated.AuthenticatedClient(
        base_url="http://testserver", token=make_personal_token(user=bob, name="generated")
    )
    reader.set_httpx_client(
        httpx.Client(
            base_url="http://testserver",
            transport=Through(client),
            headers={"Authorization": f"Bearer {reader.token}"},
        )
    )
    ask = importlib.import_module("oila_client.api.visit.records_visit_list")

    layer = importlib.import_module("oila_client.models").RecordsVisitListLayer.ANALYSIS
    page = ask.sync(client=reader, count=True, layer=layer)

    assert [record.hh_size for record in page.results] == [5, 2]
    first = page.results[0]
    assert type(first).__name__ == "Visit"  # as the form is titled
    assert (first.country, first.day.isoformat(), first.needs) == ("KG", "2014-06-03", ["work"])
    assert (page.about.layer, page.about.count, page.next_) == ("analysis", 2, None)
