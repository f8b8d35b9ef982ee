import pytest

from surveys.xforms.document import parse_xform
from surveys.xforms.sheets import Sheet, Sheets
from surveys.xforms.xform_checks import check_xform, unknown_functions

XFORM = """<h:html xmlns:h="http://www.w3.org/1999/xhtml" xmlns="http://www.w3.org/2002/xforms"
 xmlns:entities="http://www.opendatakit.org/xforms/entities" xmlns:orx="http://openrosa.org/xforms">
<h:head><h:title>T</h:title><model {model}><instance><data id="f" version="1"><a/></data></instance>
<bind nodeset="/data/a" type="string"/>{more}</model></h:head>
<h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"""


def words(*, model: str = "", more: str = "") -> list[str]:
    form = parse_xform(XFORM.format(model=model, more=more).encode())
    return [finding.words for finding in check_xform(form, Sheets())]


@pytest.mark.parametrize("version", ["2022.1.0", "2023.1.0", "2024.1.0", "2025.1.0", "2025.1.3"])
def test_E1_entities_that_collect_opens_are_taken(version: str) -> None:
    assert words(model=f'entities:entities-version="{version}"') == []


@pytest.mark.parametrize("version", ["2026.1.0", "2024.2.0", "1.0", "soon"])
def test_E1_entities_of_another_version_are_refused_on_the_entities_sheet(version: str) -> None:
    form = parse_xform(
        XFORM.format(model=f'entities:entities-version="{version}"', more="").encode()
    )
    sheets = Sheets(entities=Sheet("entities", ("dataset",)))

    (found,) = check_xform(form, sheets)

    assert version in found.words
    assert found.place == "entities, row 2, column dataset"


@pytest.mark.parametrize("name", ["submission", "orx:submission"])
def test_address_of_its_own_for_records_is_refused(name: str) -> None:
    """openrosa.md F3."""
    (found,) = words(more=f'<{name} action="https://elsewhere.example/submission"/>')

    assert "another address" in found


def test_key_for_encrypted_records_is_no_address() -> None:
    assert words(more='<submission base64RsaPublicKey="MIIB"/>') == []


def test_expression_without_a_row_of_its_own_is_still_refused() -> None:
    (found,) = words(more='<bind nodeset="/data/b" calculate="1 + + +"/>')

    assert "cannot be read" in found


@pytest.mark.parametrize(
    "binds",
    [
        {"b": 'calculate="/data/b + 1"'},
        {"b": 'calculate=". + 1"'},
        {"b": "relevant=\"selected(., 'x')\""},
        {"b": 'calculate=" /data/c + 1"', "c": 'calculate=" /data/b + 1"'},
        {"b": 'relevant="/data/c"', "c": 'calculate="if(/data/d, 1, 2)"', "d": 'calculate="../b"'},
        {"g": "relevant=\"/data/g/b = 'x'\"", "g/b": ""},
    ],
)
def test_answers_that_wait_for_each_other_are_refused(binds: dict[str, str]) -> None:
    more = "".join(f'<bind nodeset="/data/{path}" {how}/>' for path, how in binds.items())
    (found,) = words(more=more)

    assert "wait for each other" in found


@pytest.mark.parametrize(
    "binds",
    [
        {"b": 'constraint=". &lt; 5"', "c": 'calculate="0.5 + .5 * count(../a)"'},
        {"b": 'constraint="/data/b &lt; 5"'},
        {"b": "calculate=\"'/data/b'\""},
        {"b": 'calculate=" /data/c + 1"', "c": 'relevant="/data/a = 1"'},
        {"g": 'relevant="/data/a = 1"', "g/b": 'relevant="../c = 1"', "g/c": ""},
        {"r/b": 'calculate="../../r[position() = 1]/b + 1"'},
        {"r/b": 'calculate="indexed-repeat(/data/r/b, /data/r, position(..) - 1)"'},
    ],
)
def test_what_can_be_worked_out_in_some_order_is_taken(binds: dict[str, str]) -> None:
    more = "".join(f'<bind nodeset="/data/{path}" {how}/>' for path, how in binds.items())
    assert words(more=more) == []


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("foo(1)", ["foo"]),
        ("if(selected(../a, 'a b (c)'), now(), bar(baz(2)))", ["bar", "baz"]),
        ("(1 + 2) and (3) or not(jr:choice-name(../a, '.'))", []),
        ("count-selected(../a) div (2) mod (3)", []),
    ],
)
def test_function_that_no_tablet_knows_is_remarked_on(expression: str, told: list[str]) -> None:
    more = f'<bind nodeset="/data/b" calculate="{expression}"/>'
    form = parse_xform(XFORM.format(model="", more=more).encode())

    assert check_xform(form, Sheets()) == []
    found = [str(finding.words) for finding in unknown_functions(form, Sheets())]
    assert [f"{name}()" in words for name, words in zip(told, found, strict=True)] == [
        True for _ in told
    ]
