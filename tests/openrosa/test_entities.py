"""Section 6: the entity lists that follow-up forms choose from (E2, E3, E5)."""

import base64
import csv
import io
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client

from backend.accounts.models import User
from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity
from surveys.places.models import Place
from surveys.xforms.models import Form, FormMedia
from sync.enrol import Enrolled
from tests.conftest import PASSWORD, make_user
from tests.device import Tablet, client_door
from tests.openrosa.conftest import make_form, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def followup(db: None) -> Form:
    """A form that chooses from the households."""
    form = make_form("followup")
    form.current = make_version(form, "2", entity_lists=("households",))
    form.save()
    return form


def add_household(label: str, place: Place | None = None) -> UUID:
    with transaction.atomic():
        households = lock_lists(["households"])["households"]
        entity = Entity(id=uuid4(), entity_list_id=households, label=label, place=place)
        note_changes([Change(entity)])
        entity.save()
    return entity.pk


def add_place(path: str) -> Place:
    code = path.rpartition("/")[2]
    return Place.objects.create(code=code, path=path, level=path.count("/"), name_en=code)


def names(tablet: Tablet) -> set[str]:
    answer = tablet.get(entry(tablet)["downloadUrl"])
    return {row["label"] for row in csv.DictReader(io.StringIO(answer.content.decode()))}


def entry(tablet: Tablet) -> dict[str, str]:
    (file,) = tablet.manifest(tablet.form_list()[0])
    return file


def test_E2_the_manifest_lists_the_entity_list(tablet: Tablet, followup: Form) -> None:
    file = entry(tablet)

    assert (file["type"], file["filename"]) == ("entityList", "households.csv")
    assert file["hash"].startswith("md5:")
    assert file["integrityUrl"].startswith(tablet.server_url)


def test_E2_the_hash_changes_when_a_row_does_and_not_otherwise(
    tablet: Tablet, followup: Form
) -> None:
    empty = entry(tablet)["hash"]
    add_household("Ali")
    one = entry(tablet)["hash"]

    assert empty != one
    assert entry(tablet)["hash"] == one


def test_E3_the_csv_has_an_id_a_label_and_a_version_in_every_row(
    tablet: Tablet, followup: Form
) -> None:
    ids = {str(add_household(label)) for label in ('Ali, "the tall"', "Үмүт")}

    answer = tablet.get(entry(tablet)["downloadUrl"])

    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode()
    assert text.startswith("name,label,__version")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["name"] for row in rows} == ids
    assert {row["label"] for row in rows} == {'Ali, "the tall"', "Үмүт"}
    assert {row["__version"] for row in rows} == {"1"}


def test_E3_an_empty_list_is_a_header(tablet: Tablet, followup: Form) -> None:
    assert tablet.get(entry(tablet)["downloadUrl"]).content == b"name,label,__version\r\n"


def test_E4_a_list_no_form_chooses_from_is_404_and_no_empty_csv(
    tablet: Tablet, followup: Form
) -> None:
    url = entry(tablet)["downloadUrl"].replace("households", "others")

    assert tablet.get(url).status == 404


def test_E5_integrity_knows_what_is_there_and_leaves_out_what_never_was(
    tablet: Tablet, followup: Form
) -> None:
    ids = [str(add_household(str(n))) for n in range(3)]
    never = str(uuid4())
    url = entry(tablet)["integrityUrl"]

    answer = tablet.get(f"{url}?id={'%2C'.join([*ids[:2], never, 'nonsense', ''])}")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    said = {e.get("id"): e.findtext("deleted") for e in answer.xml.iter("entity")}
    assert said == dict.fromkeys(ids[:2], "false")


def test_E5_integrity_takes_long_lists_and_none(tablet: Tablet, followup: Form) -> None:
    url = entry(tablet)["integrityUrl"]

    assert tablet.get(url).status == 200
    assert tablet.get(f"{url}?id={'%2C'.join(str(uuid4()) for _ in range(300))}").status == 200


def test_F7_a_plain_file_hides_an_entity_list_of_its_name(tablet: Tablet, followup: Form) -> None:
    FormMedia.objects.create(
        form=followup, name="Households.csv", content=b"name,label\r\n", md5="0" * 32
    )

    assert entry(tablet)["type"] == ""


@pytest.fixture
def villages(db: None, enrolled: Enrolled) -> dict[str, Place]:
    """The tablet works in Alai; one village below it, and one elsewhere with a like name."""
    places = {name: add_place(path) for name, path in
              {"alai": "KG/ALAI", "gulcha": "KG/ALAI/G", "far": "KG/ALAI2"}.items()}  # fmt: skip
    enrolled.device.places.add(places["alai"])
    return places


def test_E3_a_tablet_is_given_the_households_of_its_places_and_below(
    tablet: Tablet, followup: Form, villages: dict[str, Place]
) -> None:
    for name, place in villages.items():
        add_household(name, place)
    add_household("nowhere")

    assert names(tablet) == {"alai", "gulcha"}


def test_E2_the_hash_stays_when_only_other_places_change(
    tablet: Tablet, followup: Form, villages: dict[str, Place]
) -> None:
    add_household("one", villages["gulcha"])
    before = entry(tablet)["hash"]
    add_household("two", villages["far"])
    assert entry(tablet)["hash"] == before
    add_household("three", villages["gulcha"])
    assert entry(tablet)["hash"] != before


def test_E2_the_csv_has_the_etag_of_the_manifest_and_is_304_while_nothing_changes(
    tablet: Tablet, followup: Form, villages: dict[str, Place]
) -> None:
    add_household("one", villages["gulcha"])
    listed = entry(tablet)
    tag = tablet.get(listed["downloadUrl"]).headers["etag"]
    assert tag.strip('"').removesuffix("-gzip") == listed["hash"].removeprefix("md5:")
    headers = {"If-None-Match": tag}
    assert tablet.get(listed["downloadUrl"], **headers).status == 304
    add_household("two", villages["gulcha"])
    assert tablet.get(listed["downloadUrl"], **headers).status == 200


def test_E5_integrity_says_true_of_what_was_deleted_or_is_elsewhere(
    tablet: Tablet, followup: Form, villages: dict[str, Place]
) -> None:
    here, gone, far = (add_household(n, villages[p]) for n, p in
                       (("here", "gulcha"), ("gone", "gulcha"), ("far", "far")))  # fmt: skip
    Entity.objects.filter(pk=gone).update(deleted_at="2026-11-01T00:00Z")

    answer = tablet.get(f"{entry(tablet)['integrityUrl']}?id={here},{gone},{far}")

    said = {e.get("id"): e.findtext("deleted") for e in answer.xml.iter("entity")}
    assert said == {str(here): "false", str(gone): "true", str(far): "true"}


@pytest.mark.parametrize(("codes", "known"), [(["ALAI"], {"gulcha"}), (["no such place"], set())])
def test_E3_a_supervisor_of_some_places_is_given_their_households(
    followup: Form, villages: dict[str, Place], codes: list[str], known: set[str]
) -> None:
    make_user("eldiyar", User.Role.SUPERVISOR, place_codes=codes)
    for name in ("gulcha", "far"):
        add_household(name, villages[name])
    words = base64.b64encode(f"eldiyar:{PASSWORD}".encode()).decode()
    door = client_door(Client(headers={"Authorization": f"Basic {words}"}))

    assert names(Tablet("http://testserver/openrosa", door)) == known
