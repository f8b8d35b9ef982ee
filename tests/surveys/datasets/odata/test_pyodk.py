"""pyODK, unmodified, over HTTP: projects, forms, submissions and tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pyodk.client import Client
from pyodk.errors import PyODKError
from pytest_django.live_server_helper import LiveServer

from backend.accounts.models import User
from surveys.xforms.models import Form
from tests.conftest import PASSWORD

CONFIG = """
[central]
base_url = "{url}"
username = "bob"
password = "{password}"
default_project_id = 1
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def client(live_server: LiveServer, bob: User, families: Form, tmp_path: Path) -> Iterator[Client]:
    config = tmp_path / "pyodk.toml"
    config.write_text(CONFIG.format(url=live_server.url, password=PASSWORD))
    with Client(config_path=str(config), cache_path=str(tmp_path / "cache.toml")) as client:
        yield client
    # The server's threads live on with their connections; the database is dropped after this.
    with connection.cursor() as cursor:
        cursor.execute(END_OTHERS)


def test_pyodk_reads_what_it_reads_of_central(client: Client, families: Form) -> None:
    assert [p.id for p in client.projects.list()] == [1]
    (form,) = client.forms.list()
    assert client.forms.get("visit") == form
    assert (form.xmlFormId, form.name, form.state) == ("visit", "Visit", "open")

    listed = client.submissions.list(form_id="visit")
    table = client.submissions.get_table(form_id="visit", expand="*", count=True)
    assert table["@odata.count"] == len(listed) == 3
    assert [s.instanceId for s in listed] == [row["__id"] for row in table["value"]]
    for key in (listed[2].instanceId, table["value"][2]["meta"]["instanceID"]):
        assert client.submissions.get(form_id="visit", instance_id=key) == listed[2]

    (row,) = client.submissions.get_table(
        form_id="visit", filter="hh_size gt 3 and startswith(place/village,'Ө')", wkt=True
    )["value"]
    assert (row["place"]["country"], row["gps"]) == ("KG", "POINT (73.3 40.77 1000.5)")
    members = client.submissions.get_table(
        form_id="visit", table_name="Submissions.member", skip=1, top=2, select="__id,age"
    )
    assert [m["age"] for m in members["value"]] == [20, 41]
    assert members["@odata.nextLink"].startswith(client.session.base_url)


def test_pyodk_is_told_what_was_wrong(client: Client) -> None:
    with pytest.raises(PyODKError, match="field_masked"):
        client.submissions.get_table(form_id="visit", filter="head eq 'x'")
