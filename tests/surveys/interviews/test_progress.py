"""Progress by place and round, from targets and what was done alone."""

from datetime import date

from surveys.interviews.progress import Aim, Done, progress_of

TODAY = date(2014, 6, 18)
DAY = date(2014, 6, 2)
OSH, ALAI, NARYN = "KG/KG06", "KG/KG06/KG06207", "KG/KG04"
VILLAGE = f"{ALAI}/V1"


def counted(aims: list[Aim], done: list[Done]) -> list[tuple[str, str, int, int, int]]:
    return [
        (p.round, p.path, p.done, p.target, p.elsewhere) for p in progress_of(aims, done, TODAY)
    ]


def test_household_counts_for_every_place_above_it_and_once_for_the_whole() -> None:
    aims = [Aim("base", OSH, 10), Aim("base", ALAI, 4)]

    assert counted(aims, [Done("base", VILLAGE, DAY), Done("base", OSH, DAY)]) == [
        ("base", "", 2, 10, 0),
        ("base", OSH, 2, 10, 0),
        ("base", ALAI, 1, 4, 0),
    ]


def test_place_whose_path_only_begins_alike_is_another() -> None:
    assert counted([Aim("base", "KG/KG06", 5)], [Done("base", "KG/KG061", DAY)]) == [
        ("base", "", 0, 5, 1),
        ("base", "KG/KG06", 0, 5, 0),
    ]


def test_single_place_needs_no_line_for_the_whole() -> None:
    assert counted([Aim("base", OSH, 5)], [Done("base", ALAI, DAY)]) == [("base", OSH, 1, 5, 0)]


def test_done_where_no_place_has_a_target_is_told_apart() -> None:
    aims = [Aim("base", OSH, 5), Aim("base", NARYN, 5)]

    whole = counted(aims, [Done("base", "TJ/TJ3", DAY), Done("base", "", DAY)])[0]
    assert whole == ("base", "", 0, 10, 2)


def test_rounds_are_counted_apart() -> None:
    aims = [Aim("end", OSH, 5), Aim("base", OSH, 7)]

    assert counted(aims, [Done("end", OSH, DAY)]) == [
        ("base", OSH, 0, 7, 0),
        ("end", OSH, 1, 5, 0),
    ]


def test_targets_of_places_that_were_joined_are_added() -> None:
    assert counted([Aim("base", OSH, 5), Aim("base", OSH, 3)], []) == [("base", OSH, 0, 8, 0)]


def test_more_than_was_asked_leaves_nothing_and_is_still_told() -> None:
    (line,) = progress_of([Aim("base", OSH, 2)], [Done("base", OSH, DAY, 3)], TODAY)

    assert (line.done, line.left, line.share) == (3, 0, 1.5)
