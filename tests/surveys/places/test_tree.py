"""Places are joined and parted; every path leads through the places of today."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from backend.problems import Problem
from surveys.places.models import Place
from surveys.places.tree import join_places, part_place

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 1)


@pytest.fixture
def tree(db: None) -> dict[str, Place]:
    """Two oblasts, with two districts and one, and a village or two in each district."""
    places: dict[str, Place] = {}
    for level, path in enumerate_tree():
        code = path.rpartition("/")[2]
        parent = places.get(path.rpartition("/")[0].rpartition("/")[2])
        places[code] = Place.objects.create(
            code=code, level=level, path=path, parent=parent, name_en=code
        )
    return places


def enumerate_tree() -> list[tuple[int, str]]:
    paths = ["K", "K/O", "K/P", "K/O/D", "K/O/E", "K/P/F", "K/O/D/v", "K/O/D/w", "K/O/E/x"]
    return [(path.count("/"), path) for path in paths]


def paths() -> dict[str, str]:
    return dict(Place.objects.values_list("code", "path"))


def join(tree: dict[str, Place], code: str, into: str) -> None:
    join_places(place=tree[code], into=tree[into], on=DAY)


def today(*codes: str) -> dict[str, str]:
    named = Place.objects.filter(code__in=codes)
    now = named.today()
    return {place.code: now[place.pk].code for place in named}


def test_what_lies_below_a_merged_place_lies_below_the_other(tree: dict[str, Place]) -> None:
    join(tree, "D", "F")

    now = paths()
    assert now["v"] == "K/P/F/v"
    assert now["w"] == "K/P/F/w"
    assert now["x"] == "K/O/E/x"
    assert now["D"] == "K/O/D"


def test_parting_makes_everything_as_it_was(tree: dict[str, Place]) -> None:
    before = list(Place.objects.values_list())
    join(tree, "D", "F")
    join(tree, "v", "x")
    join(tree, "O", "P")

    part_place(place=tree["D"])
    part_place(place=tree["O"])
    part_place(place=tree["v"])

    assert list(Place.objects.values_list()) == before


def test_chain_of_mergers_is_followed_to_its_end(tree: dict[str, Place]) -> None:
    join(tree, "v", "w")
    join(tree, "w", "x")

    assert today("v", "w", "x") == {"v": "x", "w": "x", "x": "x"}
    assert Place.objects.find("v").code == "x"


def test_places_that_were_never_merged_cost_one_query(
    tree: dict[str, Place], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert len(Place.objects.all().today()) == 9


@pytest.mark.parametrize(
    ("code", "into", "words"),
    [
        ("v", "v", "the same place"),
        ("v", "D", "same level"),
        ("D", "v", "same level"),
        ("w", "v", "was merged itself"),
        ("v", "w", "was merged already"),
    ],
)
def test_merger_that_makes_no_sense_is_refused(
    tree: dict[str, Place], code: str, into: str, words: str
) -> None:
    if "merged" in words:
        join(tree, "v", "x")
    before = paths()

    with pytest.raises(Problem) as refused:
        join(tree, code, into)

    assert refused.value.code == "place_merge_invalid"
    assert words in refused.value.words
    assert paths() == before


def test_ring_of_mergers_is_refused(tree: dict[str, Place]) -> None:
    join(tree, "v", "w")
    join(tree, "w", "x")

    with pytest.raises(Problem, match="place_merge_invalid"):
        join(tree, "x", "v")


def test_place_that_stands_for_itself_cannot_be_parted(tree: dict[str, Place]) -> None:
    with pytest.raises(Problem) as refused:
        part_place(place=tree["v"])
    assert refused.value.code == "place_not_merged"


def test_database_takes_no_merger_into_itself_and_none_without_a_day(
    tree: dict[str, Place],
) -> None:
    place = tree["v"]
    for into, on in ((place, DAY), (tree["w"], None), (None, DAY)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Place.objects.filter(pk=place.pk).update(merged_into=into, merged_on=on)
