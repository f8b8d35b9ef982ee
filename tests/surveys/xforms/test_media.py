import hashlib
import unicodedata

import pytest

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.xforms.media import attach_media
from surveys.xforms.media_checks import content_problem, content_type, name_problem
from surveys.xforms.models import Form
from tests.xlsforms import publish

TABLE = """
| survey   |            |       |       |         |
|          | type       | name  | label | save_to |
|          | text       | a     | A     | a       |
| entities |            |       |       |         |
|          | list_name  | label |       |         |
|          | households | ${a}  |       |         |
"""


@pytest.fixture
def form(db: None) -> Form:
    return publish(TABLE).form


def refusal(form: Form, name: str, content: bytes = b"x") -> Problem:
    with pytest.raises(Problem) as caught:
        attach_media(form=form, name=name, content=content)
    return caught.value


def test_file_is_kept_with_its_hash_and_type(form: Form, alice: User) -> None:
    media = attach_media(form=form, name="map.png", content=b"\x89PNG", by=alice)

    assert (media.md5, media.content_type) == (hashlib.md5(b"\x89PNG").hexdigest(), "image/png")
    assert AuditEvent.objects.filter(action="form.media_attached", by=alice).count() == 1


def test_same_name_again_replaces_the_file_at_its_address(form: Form) -> None:
    """openrosa.md F8."""
    first = attach_media(form=form, name="a.csv", content=b"name,label\n1,x\n")
    same = attach_media(form=form, name="a.csv", content=b"name,label\n1,x\n")
    other = attach_media(form=form, name="a.csv", content=b"name,label\n1,y\n")

    assert first.pk == same.pk == other.pk
    assert first.md5 == same.md5 != other.md5


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "..",
        "../a.png",
        "a/b.png",
        "a\\b.png",
        "a\0.png",
        "a\u202e.png",
        "ы" * 128 + ".png",
        "Map.PNG",
        "households.csv",
    ],
)
def test_name_that_clients_cannot_use_is_refused(form: Form, name: str) -> None:
    """openrosa.md F7."""
    attach_media(form=form, name="map.png", content=b"x")

    assert refusal(form, name).code == "media_name_invalid"
    assert form.media.count() == 1


def test_name_from_a_mac_is_the_name_the_form_uses(form: Form) -> None:
    media = attach_media(form=form, name=unicodedata.normalize("NFD", "йод.png"), content=b"x")

    assert media.name == "йод.png"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"", "empty"),
        ("a.csv", "имя,label\n".encode("cp1251"), "UTF-8"),
        ("a.csv", b"name,,label\n", "header"),
        ("a.geojson", b"{", "GeoJSON"),
        ("a.geojson", b'{"type": "Point"}', "GeoJSON"),
        ("a.geojson", b'{"features": [{"geometry": {"type": "MultiPolygon"}}]}', "MultiPolygon"),
        ("a.mp4", bytes(50 * 1024 * 1024 + 1), "larger"),
    ],
)
def test_content_that_tablets_cannot_open_is_refused(
    form: Form, name: str, content: bytes, words: str
) -> None:
    """openrosa.md F11."""
    problem = refusal(form, name, content)

    assert problem.code == "media_unreadable"
    assert words in problem.words


def test_byte_order_mark_of_excel_is_taken_off(form: Form) -> None:
    media = attach_media(form=form, name="a.csv", content=b"\xef\xbb\xbfname,label\n1,x\n")

    assert bytes(media.content) == b"name,label\n1,x\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.CSV", "text/csv"),
        ("a.xml", "text/xml"),
        ("a.geojson", "application/geo+json"),
        ("a.jpg", "image/jpeg"),
        ("a.mp3", "audio/mpeg"),
        ("a.mp4", "video/mp4"),
        ("a.unheard", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_types_are_those_that_clients_go_by(name: str, kind: str) -> None:
    """openrosa.md F10."""
    assert content_type(name) == kind


def test_ordinary_files_have_no_problem() -> None:
    geojson = b'{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}'

    assert name_problem("Ҷумҳурӣ 1.png") is None
    assert content_problem("a.geojson", geojson) is None
    assert content_problem("a.csv", b"name,label\n") is None
