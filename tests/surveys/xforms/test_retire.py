"""Editions that should not have been used are retired; what was filled in still counts."""

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.xforms.models import FormVersion
from surveys.xforms.retire import reinstate_version, retire_version
from tests.xlsforms import publish

pytestmark = pytest.mark.django_db
ROOMS = """
| survey |         |       |           |
|        | type    | name  | label     |
|        | integer | rooms | How many? |
"""


@pytest.fixture
def old(db: None) -> FormVersion:
    version = publish(ROOMS, version="1")
    publish(ROOMS, version="2")
    return version


def test_version_is_retired_with_its_reason_and_can_be_taken_back(
    old: FormVersion, alice: User
) -> None:
    retire_version(version=old, reason=" wrong list ", by=alice)
    old.refresh_from_db()
    first = old.retired_at
    retire_version(version=old, reason="wrong list of villages", by=alice)
    old.refresh_from_db()
    assert (old.retired_at, old.retired_because) == (first, "wrong list of villages")
    assert first is not None

    reinstate_version(version=old, by=alice)
    old.refresh_from_db()
    assert (old.retired_at, old.retired_because) == (None, "")
    actions = AuditEvent.objects.filter(by=alice).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["version.retired", "version.retired", "version.reinstated"]


def test_version_that_tablets_fetch_cannot_be_retired(old: FormVersion) -> None:
    current = old.form.versions.get(version="2")

    with pytest.raises(Problem) as refused:
        retire_version(version=current, reason="faulty")

    assert refused.value.code == "version_current"
    current.refresh_from_db()
    assert current.retired_at is None


def retire(client: Client, version: FormVersion, reason: str) -> str:
    page = f"/admin/xforms/formversion/{version.pk}/change/"
    answer = client.post(page, {"retired_because": reason})
    version.refresh_from_db()
    return "" if answer.status_code == 302 else answer.content.decode()


def test_version_is_retired_on_its_page_in_the_console(old: FormVersion, as_alice: Client) -> None:
    assert retire(as_alice, old, "wrong list") == ""
    assert old.retired_at is not None
    assert (
        "wrong list" in as_alice.get(f"/admin/xforms/formversion/{old.pk}/change/").content.decode()
    )
    assert retire(as_alice, old, "") == ""
    assert old.retired_at is None

    page = retire(as_alice, old.form.versions.get(version="2"), "faulty")
    assert "Publish another first" in page


def test_supervisor_may_look_at_a_version_and_not_retire_it(
    old: FormVersion, as_dilnoza: Client
) -> None:
    assert as_dilnoza.get(f"/admin/xforms/formversion/{old.pk}/change/").status_code == 200
    assert retire(as_dilnoza, old, "no") != ""
    assert old.retired_at is None
