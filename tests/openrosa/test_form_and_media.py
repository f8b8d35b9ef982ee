"""Section 3: form, manifest and media (F1 to F12)."""

import hashlib

import pytest

from surveys.xforms.models import Form, FormMedia
from tests.device import Tablet
from tests.openrosa.conftest import make_form, make_version

pytestmark = pytest.mark.django_db


def attach(form: Form, name: str, content: bytes, content_type: str = "image/png") -> FormMedia:
    md5 = hashlib.md5(content).hexdigest()
    return FormMedia.objects.create(
        form=form, name=name, content=content, md5=md5, content_type=content_type
    )


def test_F1_the_form_is_served_byte_for_byte(tablet: Tablet, form: Form) -> None:
    odd = b"<?xml version='1.0'?>\r\n<!-- kept -->" + bytes(form.current.xform) + b"\n\n"
    md5 = hashlib.md5(odd).hexdigest()
    form.versions.update(xform=odd, md5=md5)

    (listed,) = tablet.form_list()

    assert tablet.fetch_form(listed) == odd
    assert tablet.get(listed["downloadUrl"]).headers["content-type"].startswith("text/xml")


def test_F1_an_unknown_form_fails_alone(tablet: Tablet, form: Form) -> None:
    assert tablet.get(f"{tablet.server_url}/xforms/999999.xml").status == 404
    assert tablet.get(f"{tablet.server_url}/xforms/999999/manifest").status == 404
    assert tablet.get(f"{tablet.server_url}/xforms/{form.pk}/media/no.png").status == 404
    assert tablet.get(f"{tablet.server_url}/xforms/{'9' * 40}.xml").status == 404


@pytest.mark.parametrize("name", ["flag.png", "Карта села.png", "a&b <1>.png", "50%.png", "#?.png"])
def test_F4_F6_a_manifest_lists_files_by_hash_and_address(
    name: str, tablet: Tablet, form: Form
) -> None:
    attach(form, name, b"the picture")

    (file,) = tablet.manifest(tablet.form_list()[0])

    assert file["filename"] == name
    assert file["type"] == ""
    content = tablet.get(file["downloadUrl"]).content
    assert content == b"the picture"
    assert file["hash"] == "md5:" + hashlib.md5(content).hexdigest()


def test_F8_a_new_version_keeps_the_files_addresses_and_hashes(tablet: Tablet, form: Form) -> None:
    attach(form, "flag.png", b"x")
    before = tablet.manifest(tablet.form_list()[0])

    form.current = make_version(form, "20270101")
    form.save()

    assert tablet.manifest(tablet.form_list()[0]) == before


def test_F9_files_are_revalidated_and_text_is_compressed(tablet: Tablet, form: Form) -> None:
    attach(form, "villages.csv", b"name,label\n" * 200, "text/csv")
    attach(form, "flag.png", b"\x89PNG" * 200)
    flag, villages = tablet.manifest(tablet.form_list()[0])

    table, picture = tablet.get(villages["downloadUrl"]), tablet.get(flag["downloadUrl"])

    assert table.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in picture.headers
    for file, answer in ((villages, table), (flag, picture)):
        tag = answer.headers["etag"]
        assert tablet.get(file["downloadUrl"], **{"If-None-Match": tag}).status == 304


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "text/csv"),
        ("a.xml", "text/xml"),
        ("a.geojson", "application/geo+json"),
        ("a.mp3", "audio/mpeg"),
    ],
)
def test_F10_F12_media_types_are_told_also_to_head(
    name: str, kind: str, tablet: Tablet, form: Form
) -> None:
    attach(form, name, b"content", kind)
    (file,) = tablet.manifest(tablet.form_list()[0])

    head, get = tablet.head(file["downloadUrl"]), tablet.get(file["downloadUrl"])

    assert head.status == 200
    assert head.headers["content-type"] == kind
    assert head.headers["content-length"] == str(len(get.body))
    assert head.body == b""


def test_the_media_of_one_form_are_not_those_of_another(tablet: Tablet, form: Form) -> None:
    attach(form, "flag.png", b"x")
    other = make_form("other")

    assert tablet.get(f"{tablet.server_url}/xforms/{other.pk}/media/flag.png").status == 404
