"""The instance parser: what it reads, what it refuses, and when two records are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from surveys.submissions.instance import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    InstanceError,
    canonical_digest,
    parse_instance,
)

ORX = 'xmlns:orx="http://openrosa.org/xforms"'
# Every character that XML 1.0 can carry, without the white space that parsers normalise.
TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff\u0085\u2028\u2029"
    ),
    max_size=40,
)


def attributes(count: int) -> bytes:
    return b" ".join(b'a%d="1"' % number for number in range(count))


def wide(encoding: str) -> str:
    said = f'<?xml version="1.0" encoding="{encoding}"?>'
    return f'{said}<d id="f" {attributes(5000).decode()}/>'


def digest(xml: str) -> bytes:
    return canonical_digest(parse_instance(xml.encode()).root)


@pytest.mark.parametrize(
    "xml",
    [
        '<d id="f"><meta><instanceID>uuid:1</instanceID></meta></d>',
        f'<d id="f" {ORX}><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></d>',
        f'<d id="f" {ORX}><meta><orx:instanceID> uuid:1\n</orx:instanceID></meta></d>',
        '<d id="f" xmlns="urn:x"><meta><instanceID>uuid:1</instanceID></meta></d>',
    ],
)
def test_S11_instance_id_is_found_by_local_name(xml: str) -> None:
    assert parse_instance(xml.encode()).instance_id == "uuid:1"


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        ('version="2026"', "2026"),
        ('version=""', ""),
        ("", ""),
        (f'{ORX} orx:version="7"', "7"),
        (f'{ORX} orx:version="7" version="8"', "8"),
        (f'version="{"9" * 500}"', "9" * 200),
    ],
)
def test_S11_version_is_the_attribute_with_or_without_namespace(
    attributes: str, version: str
) -> None:
    assert parse_instance(f'<d id="f" {attributes}/>'.encode()).version == version


@pytest.mark.parametrize("meta", ["", "<meta/>", "<meta><instanceID/></meta>",
                                  "<meta><instanceID> </instanceID></meta>"])  # fmt: skip
def test_S11_a_missing_id_is_minted_from_the_content(meta: str) -> None:
    first = parse_instance(f'<d id="f"><a>1</a>{meta}</d>'.encode())
    again = parse_instance(f"<d id='f'>\n  <a>1</a>{meta}</d>".encode())
    other = parse_instance(f'<d id="f"><a>2</a>{meta}</d>'.encode())

    assert first.instance_id.startswith("uuid:")
    assert first.instance_id == again.instance_id
    assert first.instance_id != other.instance_id


def test_S14_deprecated_id_is_read() -> None:
    xml = b'<d id="f"><meta><instanceID>b</instanceID><deprecatedID>a</deprecatedID></meta></d>'

    assert parse_instance(xml).deprecated_id == "a"


def test_S14_a_record_does_not_replace_itself() -> None:
    xml = b'<d id="f"><meta><instanceID>a</instanceID><deprecatedID>a</deprecatedID></meta></d>'

    assert parse_instance(xml).deprecated_id == ""


def test_S15_an_encrypted_manifest_is_known_by_its_namespace() -> None:
    xml = (
        '<data xmlns="http://opendatakit.org/submissions" id="f" version="1" encrypted="yes">'
        "<base64EncryptedKey>x</base64EncryptedKey>"
        f"<orx:meta {ORX}><orx:instanceID>uuid:1</orx:instanceID></orx:meta></data>"
    )

    assert parse_instance(xml.encode()).encrypted
    assert parse_instance(xml.encode()).instance_id == "uuid:1"
    assert not parse_instance(b'<data id="f" encrypted="yes"/>').encrypted


def test_an_id_no_column_holds_gets_a_short_stable_one() -> None:
    def with_id(text: str) -> str:
        return parse_instance(
            f'<d id="f"><meta><instanceID>{text}</instanceID></meta></d>'.encode()
        ).instance_id

    assert with_id("x" * 255) == "x" * 255
    assert with_id("x" * 300) == with_id("x" * 300)
    assert len(with_id("x" * 300)) <= 255
    assert with_id("x" * 300) != with_id("x" * 301)


BOMB = "<!DOCTYPE d [<!ENTITY a0 'ha'>{}]><d id='f'>&a30;</d>".format(
    "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, 31))
)

EXTERNAL = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d id="f">&x;</d>'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "xml_malformed"),
        (b" \n", "xml_malformed"),
        (b"not XML", "xml_malformed"),
        (b"\x00" * 20, "xml_malformed"),
        (b"\x89PNG\r\n\x1a\n", "xml_malformed"),
        (b'<d id="f"><a>1</a>', "xml_malformed"),
        (b'<d id="f"><a>1</b></d>', "xml_malformed"),
        (b'<d id="f">\x00</d>', "xml_malformed"),
        (b'<d id="f"/><d id="f"/>', "xml_malformed"),
        (b'<d id="f">&unknown;</d>', "xml_malformed"),
        ('<?xml version="1.0" encoding="utf-8"?><d id="ф"/>'.encode("cp1251"), "xml_malformed"),
        (b'<?xml version="1.0" encoding="nope"?><d id="f"/>', "xml_malformed"),
        (b"<d/>", "form_id_missing"),
        (b'<d id=" "/>', "form_id_missing"),
        (b'<!DOCTYPE d><d id="f"/>', "xml_forbidden"),
        (BOMB.encode(), "xml_forbidden"),
        (BOMB.replace("'f'>&a30;", "'&a30;'>").encode(), "xml_forbidden"),
        (BOMB.encode("utf-16"), "xml_forbidden"),
        (EXTERNAL, "xml_forbidden"),
        (b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd"><d id="f"/>', "xml_forbidden"),
        (b'<d id="f">' + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</d>", "xml_too_deep"),
        (b'<d id="f">' + b"<a>" * 100_000, "xml_too_deep"),
        (b'<d id="f" ' + attributes(100_000) + b"/>", "xml_too_wide"),
        (b'<d id="f"><a/><b ' + attributes(MAX_ATTRIBUTES + 1) + b"/></d>", "xml_too_wide"),
        (b'<d id="f">' + b"<a/>" * 1_100_000 + b"</d>", "xml_too_wide"),
        (wide("utf-16").encode("utf-16"), "xml_too_wide"),
        (wide("utf-7").replace('="1"', '+AD0-"1"').encode(), "xml_too_wide"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused_by_its_own_code(raw: bytes, code: str) -> None:
    with pytest.raises(InstanceError) as caught:
        parse_instance(raw)
    assert caught.value.code == code


def test_the_widest_allowed_record_is_read() -> None:
    assert parse_instance(b'<d id="f"><b ' + attributes(MAX_ATTRIBUTES) + b"/></d>")
    assert parse_instance(b'<d id="f">' + b"<a>x = y</a>" * 1000 + b"</d>")


def test_the_deepest_allowed_record_is_read() -> None:
    nested = MAX_DEPTH - 1

    assert parse_instance(b'<d id="f">' + b"<a>" * nested + b"</a>" * nested + b"</d>")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1251"])
def test_a_declared_encoding_that_fits_is_read(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><d id="f"><имя>Ооганбек</имя></d>'

    assert parse_instance(xml.encode(encoding)).root.findtext("имя") == "Ооганбек"


def test_a_byte_order_mark_is_no_answer() -> None:
    assert parse_instance(b'\xef\xbb\xbf<d id="f"/>').form_id == "f"


@given(st.binary(max_size=300))
def test_any_bytes_that_are_no_xml_are_refused_and_nothing_else_is_raised(raw: bytes) -> None:
    with pytest.raises(InstanceError):
        parse_instance(b"\x01" + raw)


SAME = '<d id="f" version="1"><a>x</a><g><b k="1" l="2">y z</b><c/></g></d>'


@pytest.mark.parametrize(
    "variant",
    [
        "<?xml version='1.0'?>\n" + SAME,
        SAME.replace('"', "'"),
        SAME.replace("><", ">\n  <"),
        SAME.replace('k="1" l="2"', 'l="2" k="1"'),
        SAME.replace('id="f" version="1"', 'version="1"   id="f"'),
        SAME.replace("<c/>", "<c></c>"),
        SAME.replace("<c/>", "<c>\n</c>"),
        SAME.replace("<a>", "<!-- seen --><a>"),
        SAME.replace("x", "<![CDATA[x]]>"),
        SAME.replace("x", "&#120;"),
    ],
)
def test_spelling_does_not_make_another_record(variant: str) -> None:
    assert digest(variant) == digest(SAME)


@pytest.mark.parametrize(
    "variant",
    [
        SAME.replace("x", "X"),
        SAME.replace("y z", "y  z"),
        SAME.replace("<a>x</a>", "<a/>"),
        SAME.replace("<a>x</a>", ""),
        SAME.replace("<a>x</a>", "<a>x</a><a>x</a>"),
        SAME.replace('k="1"', 'k="2"'),
        SAME.replace(' k="1"', ""),
        SAME.replace("<g>", "").replace("</g>", ""),
        SAME.replace("<c/>", "<e/>"),
        SAME.replace('<g><b k="1" l="2">y z</b><c/></g>', '<g><c/><b k="1" l="2">y z</b></g>'),
    ],
)
def test_another_answer_makes_another_record(variant: str) -> None:
    assert digest(variant) != digest(SAME)


@given(TEXT, TEXT)
def test_digests_agree_exactly_when_the_answers_do(one: str, other: str) -> None:
    def record(answer: str) -> etree._Element:
        root = etree.Element("d", id="f")
        etree.SubElement(root, "a").text = answer
        return root

    same = one.strip() == other.strip()
    assert (canonical_digest(record(one)) == canonical_digest(record(other))) is same


@given(st.lists(TEXT, max_size=5))
def test_writing_a_record_again_keeps_its_digest(answers: list[str]) -> None:
    root = etree.Element("d", id="f")
    for answer in answers:
        etree.SubElement(root, "a").text = answer

    again = parse_instance(etree.tostring(root, pretty_print=True, encoding="utf-16"))

    assert canonical_digest(again.root) == canonical_digest(root)
