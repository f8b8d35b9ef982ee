"""The type of a calculation, read from its expression."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.xforms.calculated import calculated_type
from surveys.xforms.schema import read_schema
from surveys.xforms.xlsform import xlsform_to_xform

TYPES = {"../day": "date", "/data/n": "integer", "/data/amount": "decimal"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count( /data/roster/member [. = 'abroad'])", "integer"),
        ("if(selected( /data/v , 'none'), 0, count-selected( /data/v ))", "integer"),
        ("if( /data/a = 'exact' or /data/a = 'estimate', /data/amount * /data/n , '')", "decimal"),
        ("if( /data/a != '' and /data/b = 'KGS', /data/amount , 0)", "decimal"),
        ("int((decimal-date-time( ../day ) - 3) div 365.25)", "integer"),
        ("coalesce(instance('x')/root/item[name = /data/h ]/services_n, 0) + 1", "decimal"),
        ("/data/n + 1", "integer"),
        ("/data/n div 2", "decimal"),
        ("-1", "integer"),
        (" ../day ", "date"),
        ("today()", "date"),
        ("now()", "dateTime"),
        ("instance('x')/root/item[name = /data/h ]/card_no", "string"),
        ("concat( /data/n , ' ', /data/n )", "string"),
        ("if( /data/n >= 2, 'yes', 'no')", "string"),
        ("/data/n >= 2", "string"),
        ("selected-at( /data/v , position(..) - 1)", "string"),
        ("jr:choice-name( /data/v , ' /data/v ')", "string"),
        ("''", "string"),
        ("", "string"),
        ("this is no ] expression", "string"),
        ("count(", "string"),
    ],
)
def test_a_calculation_has_the_type_its_expression_gives(expression: str, expected: str) -> None:
    assert calculated_type(expression, lambda path: TYPES.get(path, "string")) == expected


@given(st.text(alphabet="abc'\"()[]/.,+-*=<> 0123if:", max_size=40))
def test_no_expression_breaks_the_reader(expression: str) -> None:
    assert calculated_type(expression, lambda _: "string") in {"string", "integer", "decimal"}


def test_numbers_that_the_questionnaire_computes_are_numbers() -> None:
    workbook = Path("data/forms/registration.xlsx").read_bytes()
    schema = read_schema(xlsform_to_xform(workbook).xform)
    types = {field.key: field.type for field in schema.fields}

    assert types["n_migrants"] == types["vuln_score"] == "integer"
    assert types["m_age"] == types["income_kgs"] == "decimal"
    assert types["baseline_date"] == "date"
    assert types["vulnerable"] == types["inc_src"] == "string"
