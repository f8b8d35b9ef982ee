import pytest
from django.test import Client

from backend.problems import Problem
from surveys.places.models import Place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places() -> None:
    for path in ("KG", "KG/KG05000000000", "KG/KG05000000000/KG05214000000", "TJ", "TJ/TJ-DU"):
        code = path.rpartition("/")[2]
        Place.objects.create(code=code, path=path, level=path.count("/"), name_en=code)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("KG05000000000", "KG05000000000"),
        ("KG05", "KG05000000000"),
        ("KG", "KG"),
        ("KG05214", "KG05214000000"),
        ("TJ-DU", "TJ-DU"),
    ],
)
def test_place_is_found_by_its_code_or_the_code_without_its_zeros(asked: str, code: str) -> None:
    assert Place.objects.find(asked).code == code


@pytest.mark.parametrize("asked", ["", "K", "KG052", "ZZ", "TJ-D"])
def test_code_that_names_no_place_or_several_is_a_problem(asked: str) -> None:
    with pytest.raises(Problem, match="place_unknown"):
        Place.objects.find(asked)


def test_place_and_all_below_it() -> None:
    oblast = Place.objects.get(code="KG05000000000")

    below = Place.objects.at_or_below(oblast).values_list("code", flat=True)

    assert list(below) == ["KG05000000000", "KG05214000000"]


def test_account_names_the_places_and_not_their_codes(as_dilnoza: Client) -> None:
    Place.objects.filter(code="KG06000000000").delete()
    Place.objects.create(
        code="KG06000000000", level=1, path="KG/KG06000000000", name_en="Osh oblast"
    )

    assert "<dd>Osh oblast</dd>" in as_dilnoza.get("/account/").content.decode()
