import pytest
from django.test import Client

from surveys.places.load import SHIPPED, SHIPPED_FILES, load_file


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("KG06255", "KG06255000000"),
        ("Uzgen", "KG06255000000"),
        ("өзгөн", "KG06255000000"),
        ("ӨЗГӨН", "KG06255000000"),
        ("Özgön", "KG06255000000"),
        ("ғончӣ", "TJ3505213"),
        ("Ганчинский", "TJ3505213"),
        ("Qurghonteppa", "TJ3507217-C"),
    ],
)
def test_place_is_found_by_any_name_in_any_script(as_alice: Client, words: str, code: str) -> None:
    for name in SHIPPED_FILES:
        load_file(SHIPPED / name)

    page = as_alice.get("/admin/places/place/", {"q": words}).content.decode()

    assert code in page
    assert "KG07220000000" not in page


def test_place_shows_its_older_names_and_keeps_its_code(as_alice: Client) -> None:
    for name in SHIPPED_FILES[:3]:
        load_file(SHIPPED / name)
    listed = as_alice.get("/admin/places/place/", {"q": "TJ3507236"})
    place = listed.context["cl"].queryset.get()

    page = as_alice.get(f"/admin/places/place/{place.pk}/change/").content.decode()

    assert "Sarband" in page
    assert 'name="code"' not in page
    assert as_alice.get("/admin/places/place/add/").status_code == 403
