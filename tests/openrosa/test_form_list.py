"""Section 2: the form list (L1 to L13)."""

import hashlib

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.rounds.models import Round, Survey
from surveys.xforms.models import Form, FormMedia
from sync.auth import forget_callers
from sync.enrol import Enrolled, revoke_device
from sync.models import Assignment
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_form, make_version

pytestmark = pytest.mark.django_db


def names(tablet: Tablet) -> list[str]:
    return [listed["formID"] for listed in tablet.form_list()]


def test_L1_a_published_form_is_listed(tablet: Tablet, form: Form) -> None:
    (listed,) = tablet.form_list()

    assert listed["formID"] == "visit"
    assert listed["name"] == "Home visit"
    assert listed["version"] == "20260901"


def test_L2_a_form_without_a_title_is_listed_by_its_id(tablet: Tablet) -> None:
    make_form("untitled", title="")
    make_form("visit")

    assert [listed["name"] for listed in tablet.form_list()] == ["untitled", "Home visit"]


def test_L3_the_hash_is_that_of_the_bytes_served_to_everyone(
    tablet: Tablet, form: Form, client: Client
) -> None:
    other_host = Tablet(tablet.server_url.replace("testserver", "localhost"), tablet.door)
    for one in (tablet, other_host):
        (listed,) = one.form_list()
        content = one.get(listed["downloadUrl"]).content
        assert listed["hash"] == "md5:" + hashlib.md5(content).hexdigest()
        assert content == bytes(form.current.xform)


@pytest.mark.parametrize("version", ["20260901", "v 1 & <2>", "", "ü"])
def test_L5_the_version_is_verbatim(version: str, tablet: Tablet) -> None:
    make_form(version=version)

    assert tablet.form_list()[0]["version"] == version


def test_L7_only_the_current_version_is_listed(tablet: Tablet, form: Form) -> None:
    old = tablet.form_list()[0]
    form.current = make_version(form, "20260902")
    form.save()

    (listed,) = tablet.form_list()

    assert listed["version"] == "20260902"
    assert listed["downloadUrl"] != old["downloadUrl"]
    assert tablet.fetch_form(old), "a list in a tablet's hand stays true"


def test_L7_a_retired_form_leaves_the_list(tablet: Tablet, form: Form) -> None:
    form.retired_at = timezone.now()
    form.save()

    assert names(tablet) == []


def test_L8_a_failure_is_5xx_and_never_a_shorter_list(tablet: Tablet, form: Form) -> None:
    tablet.form_list()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE xforms_form RENAME TO forms_elsewhere")

    answer = tablet.get(f"{tablet.server_url}/formList")

    assert answer.status == 500
    assert "safe" in answer.message


def test_L8_who_may_not_see_forms_gets_no_empty_list(tablet: Tablet, enrolled: Enrolled) -> None:
    revoke_device(device=enrolled.device)
    forget_callers()

    assert tablet.get(f"{tablet.server_url}/formList").status == 403


def test_L9_form_id_filters_exactly(tablet: Tablet, form: Form) -> None:
    make_form("visit2")
    url = f"{tablet.server_url}/formList?formID="

    assert b"<formID>visit</formID>" in tablet.get(f"{url}visit").content
    assert len(tablet.get(f"{url}visit").xml) == 1
    for unknown in ("Visit", "vis", "", "%00"):
        assert len(tablet.get(url + unknown).xml) == 0


@pytest.mark.parametrize("query", ["", "?formID=visit", "?formID=unknown"])
def test_L10_head_answers_as_get_does_without_a_body(
    query: str, tablet: Tablet, form: Form
) -> None:
    url = f"{tablet.server_url}/formList{query}"
    head, get = tablet.head(url), tablet.get(url)

    assert head.status == get.status == 200
    assert head.body == b""
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["etag"] == get.headers["etag"]


def test_L10_head_asks_for_credentials(client: Client) -> None:
    answer = Tablet("", client_door(client)).head(f"{ORIGIN}/openrosa/formList?formID=visit")

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="oila"'


def test_L11_addresses_are_those_the_tablet_reached_us_by(tablet: Tablet, form: Form) -> None:
    FormMedia.objects.create(form=form, name="Карта 1.png", content=b"x", md5="0" * 32)
    secure = tablet.server_url.replace("http://testserver", "https://localhost:8443")
    tablet.server_url = f"{secure}/projects/7"

    (listed,) = tablet.form_list()
    (file,) = tablet.manifest(listed)

    for url in (listed["downloadUrl"], listed["manifestUrl"], file["downloadUrl"]):
        assert url.startswith(f"{secure}/projects/7/")
        assert url.isascii()
        assert " " not in url


def test_L11_a_configured_address_wins(tablet: Tablet, form: Form, settings: object) -> None:
    settings.PUBLIC_URL = "https://survey.example"

    (listed,) = tablet.form_list()

    assert listed["downloadUrl"].startswith("https://survey.example/key/")


def test_L12_list_and_manifests_cost_the_same_however_many_forms(tablet: Tablet) -> None:
    make_form("f0")

    def cost() -> int:
        forget_callers()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tablet.form_list()
        return len(queries)

    with_one = cost()
    for number in range(1, 20):
        make_form(f"f{number}")

    assert cost() == with_one
    assert len(tablet.form_list()) == 20


def test_L12_a_form_without_files_names_no_manifest(tablet: Tablet, form: Form) -> None:
    assert "manifestUrl" not in tablet.form_list()[0]

    FormMedia.objects.create(form=form, name="a.png", content=b"x", md5="0" * 32)

    assert "manifestUrl" in tablet.form_list()[0]


@pytest.fixture
def rounds(db: None) -> dict[str, Round]:
    survey = Survey.objects.create(code="s", name="S")
    return {code: Round.objects.create(survey=survey, code=code, name=code) for code in "ab"}


def test_a_tablet_sees_the_forms_of_its_rounds_and_of_none(
    tablet: Tablet, enrolled: Enrolled, rounds: dict[str, Round]
) -> None:
    for form_id, round_ in (("a", rounds["a"]), ("b", rounds["b"]), ("free", None)):
        form = make_form(form_id)
        form.round = round_
        form.save()
    assert names(tablet) == ["a", "b", "free"]

    Assignment.objects.create(device=enrolled.device, round=rounds["a"])

    assert names(tablet) == ["a", "free"]
