import pytest

from surveys.xforms.privacy_classes import default_class


@pytest.mark.parametrize(
    ("name", "type_", "privacy"),
    [
        ("name", "string", "direct"),
        ("name_of_head", "string", "direct"),
        ("Beneficiary_Name", "string", "direct"),
        ("fio", "string", "direct"),
        ("phone2", "string", "direct"),
        ("contact_phone", "integer", "direct"),
        ("phone_owner", "select_one", "open"),
        ("passport_no", "string", "direct"),
        ("photo_house", "image", "direct"),
        ("plot", "geoshape", "direct"),
        ("shg_name", "string", "open"),
        ("partner_name", "string", "open"),
        ("village_name", "string", "quasi"),
        ("age", "integer", "quasi"),
        ("wage", "decimal", "open"),
        ("village", "select_one", "quasi"),
        ("religion", "select_one", "sensitive"),
        ("disability", "select_one", "sensitive"),
        ("work_other", "string", "sensitive"),
        ("other_income", "decimal", "open"),
        ("income", "decimal", "open"),
        ("sex", "select_one", "open"),
        ("urban", "select_one", "open"),
    ],
)
def test_class_by_name_and_type(name: str, type_: str, privacy: str) -> None:
    assert default_class(name=name, type_=type_) == privacy


def test_text_over_several_lines_is_sensitive_unless_a_rule_fits() -> None:
    assert default_class(name="wishes", type_="string", multiline=True) == "sensitive"
    assert default_class(name="address", type_="string", multiline=True) == "direct"
    assert default_class(name="wishes", type_="string") == "open"
