import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from surveys.places.models import Place
from surveys.rounds.models import Communities, Round, Survey


def place(path: str) -> Place:
    return Place(code=path.rpartition("/")[2], path=path, level=path.count("/"))


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("KG/KG06", True),
        ("KG/KG06/KG0601", True),
        ("KG/KG06/KG0601/KG0601-V01", True),
        ("KG", False),
        ("KG/KG067", False),
        ("TJ/KG06", False),
        ("TJ", False),
    ],
)
def test_community_covers_itself_and_what_lies_below(path: str, covered: bool) -> None:
    assert Communities(frozenset({"KG/KG06"})).cover(place(path)) is covered


def test_record_without_a_place_lies_in_no_community() -> None:
    assert Communities(frozenset({"KG"})).cover(None) is False


@given(st.sampled_from(["KG", "KG/KG06", "TJ/TJ35"]))
def test_round_without_communities_is_for_everywhere(path: str) -> None:
    assert Communities(frozenset()).cover(place(path)) is True
    assert Communities(frozenset()).cover(None) is True


@pytest.fixture
def round_(db: None) -> Round:
    survey = Survey.objects.create(code="s", name="Survey")
    return Round.objects.create(survey=survey, code="r", name="Round one")


def test_round_is_edited_in_the_console_and_never_deleted(
    as_alice: Client, as_root: Client, round_: Round
) -> None:
    page = as_alice.get(f"/admin/rounds/round/{round_.pk}/change/")

    assert page.status_code == 200
    assert "Round one" in as_alice.get("/admin/rounds/round/").content.decode()
    assert as_root.post(f"/admin/rounds/round/{round_.pk}/delete/").status_code == 403
