"""The wire documents: well-formed whatever is put in, and whole or not there."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.openrosa import documents
from sync.openrosa.documents import ListedFile, ListedForm

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
FORM = ListedForm("visit", "Home visit", "1", "0" * 32, "https://h/1.xml", "https://h/1/manifest")
FILE = ListedFile("flag.png", "md5:1", "https://h/flag.png")


def read(document: str) -> ElementTree.Element:
    return ElementTree.fromstring(document.encode())


def test_L1_form_list_has_the_shape_clients_read() -> None:
    root = read(documents.form_list([FORM]))

    assert root.tag == f"{LIST}xforms"
    (entry,) = root
    assert {child.tag: child.text for child in entry} == {
        f"{LIST}formID": "visit",
        f"{LIST}name": "Home visit",
        f"{LIST}version": "1",
        f"{LIST}hash": "md5:" + "0" * 32,
        f"{LIST}downloadUrl": "https://h/1.xml",
        f"{LIST}manifestUrl": "https://h/1/manifest",
    }


@pytest.mark.parametrize("title", ["", " ", "\n"])
def test_L2_an_empty_title_falls_back_to_the_form_id(title: str) -> None:
    form = ListedForm("visit", title, "1", "0" * 32, "https://h/1.xml")

    assert read(documents.form_list([form]))[0].findtext(f"{LIST}name") == "visit"


@pytest.mark.parametrize(
    "broken",
    [
        ListedForm("", "x", "1", "0" * 32, "https://h/1.xml"),
        ListedForm("x", "x", "1", "", "https://h/1.xml"),
        ListedForm("x", "x", "1", "0" * 32, ""),
    ],
)
def test_L2_a_broken_entry_is_left_out_and_the_others_stay(broken: ListedForm) -> None:
    assert len(read(documents.form_list([broken, FORM]))) == 1


def test_F4_manifest_has_the_shape_clients_read() -> None:
    trees = ListedFile("trees.csv", "md5:2", "https://h/trees.csv", "https://h/integrity")
    plain, entities = read(documents.manifest([FILE, trees]))

    assert plain.attrib == {}
    assert [child.tag for child in plain] == [
        f"{MANIFEST}{name}" for name in ("filename", "hash", "downloadUrl")
    ]
    assert entities.attrib == {"type": "entityList"}
    assert entities.findtext(f"{MANIFEST}integrityUrl") == "https://h/integrity"


@pytest.mark.parametrize(
    "broken",
    [ListedFile("", "md5:1", "u"), ListedFile("a", "", "u"), ListedFile("a", "md5:1", "")],
)
def test_F5_a_file_without_name_hash_or_address_is_not_listed(broken: ListedFile) -> None:
    assert len(read(documents.manifest([broken, FILE]))) == 1


def test_E5_integrity_says_true_or_false_for_each() -> None:
    root = read(documents.integrity({"a": True, "b": False}))

    assert [(e.get("id"), e.findtext("deleted")) for e in root.iter("entity")] == [
        ("a", "true"),
        ("b", "false"),
    ]


@given(st.text())
def test_X1_any_words_make_a_readable_answer(words: str) -> None:
    for document in (documents.receipt(words), documents.refusal(words)):
        assert len(read(document)) == 1


@given(st.text(min_size=1), st.text(), st.text())
def test_L1_any_form_makes_a_readable_list(form_id: str, name: str, version: str) -> None:
    form = ListedForm(form_id, name, version, "0" * 32, "https://h/a?b=1&c=2")

    (entry,) = read(documents.form_list([form]))

    assert entry.findtext(f"{LIST}downloadUrl") == "https://h/a?b=1&c=2"
