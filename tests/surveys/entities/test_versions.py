"""What updates come to: bases, branches, what is held, what is forced, conflicts (E7, E8)."""

from dataclasses import replace
from itertools import permutations
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.entities.block import ID_EXISTS, LABEL_BLANK, EntityAction
from surveys.entities.versions import HARD, LABEL, SOFT, Asked, History, Step, replay

ID = UUID("0c4a4f0e-1111-4aaa-8bbb-000000000002")
ONE, OTHER = (uuid5(ID, name) for name in ("one tablet", "another"))


def ask(order: int, *, due: bool = False, label: str = "", **what: object) -> Asked:
    """An action; keywords are those of EntityAction, and properties by their name."""
    known = {"creates", "updates", "base_version", "trunk_version", "branch_id"}
    action = EntityAction(
        position=0,
        list_name="trees",
        id=ID,
        label=label,
        **{"creates": False, "updates": False, **{k: v for k, v in what.items() if k in known}},
        properties={k: str(v) for k, v in what.items() if k not in known},
    )
    return Asked((order, 0), action, due=due)


def create(order: int = 0, **properties: str) -> Asked:
    return ask(order, creates=True, label="Oak", **properties)


def update(
    order: int, base: int | None, branch: UUID | None = None, trunk: int | None = None, **what: str
) -> Asked:
    return ask(
        order, updates=True, base_version=base, branch_id=branch, trunk_version=trunk, **what
    )


def forced(asked: Asked) -> Asked:
    return replace(asked, due=True)


def play(*asked: Asked) -> tuple[History, list[Step], list[Asked]]:
    history = History(ID)
    steps, held = replay(history, asked)
    return history, steps, held


def values(history: History) -> dict[str, str]:
    assert history.latest is not None
    return {name: text for name, text in history.latest.values.items() if name != LABEL}


def test_create_makes_version_one_without_its_blank_properties() -> None:
    history, (step,), _ = play(create(kind="oak", height=""))
    assert step.version is history.latest
    assert history.latest is not None
    assert (history.latest.number, history.latest.values) == (1, {"kind": "oak", LABEL: "Oak"})


def test_E9_second_create_of_one_entity_is_a_problem() -> None:
    history, steps, _ = play(create(kind="oak"), create(1, kind="elm"))
    assert [step.problem for step in steps] == ["", ID_EXISTS]
    assert values(history) == {"kind": "oak"}


def test_E6_upsert_creates_what_is_not_there_and_updates_what_is() -> None:
    history, steps, _ = play(
        ask(0, creates=True, updates=True, label="Oak", kind="oak"),
        ask(1, creates=True, updates=True, label="Elm", kind="elm", base_version=1),
    )
    assert [step.version.number for step in steps if step.version] == [1, 2]
    assert steps[1].conflict == ""
    assert values(history) == {"kind": "elm"}


def test_E6_upsert_without_a_label_creates_nothing() -> None:
    _, (step,), _ = play(ask(0, creates=True, updates=True, kind="oak"))
    assert step.problem == LABEL_BLANK


def test_E6_two_tablets_that_upsert_without_knowing_of_each_other_are_in_conflict() -> None:
    _, (_, step), _ = play(
        ask(0, creates=True, updates=True, label="Oak", kind="oak"),
        ask(1, creates=True, updates=True, label="Oak", kind="elm"),
    )
    assert (step.conflict, step.base) == (HARD, None)


def test_blank_node_clears_a_property_and_an_absent_one_leaves_it() -> None:
    history, _, _ = play(create(kind="oak", height="3"), update(1, 1, kind=""))
    assert values(history) == {"height": "3"}


def test_E3_blank_label_of_an_update_leaves_the_label() -> None:
    history, _, _ = play(create(), update(1, 1, kind="elm"))
    assert history.latest is not None
    assert history.latest.values[LABEL] == "Oak"


@pytest.mark.parametrize(
    ("asked", "base"),
    [
        (update(9, 2), 2),  # online: a version of the server's
        (update(9, 1, ONE, 1), 1),  # with a branch, 1 is version 1
        (update(9, 1, ONE), 1),  # born offline: no trunk
        (update(9, 3, ONE, 3), 3),  # the trunk itself
        (update(9, 2, ONE, 1), 3),  # what this branch's first update made
        (update(9, 7), None),  # a version we never made
        (update(9, 7, ONE, 7), None),
        (update(9, None), None),  # does not say
    ],
)
def test_E7_base_of_an_update(asked: Asked, base: int | None) -> None:
    _, steps, _ = play(
        create(kind="oak"),
        update(1, 1, kind="elm"),
        update(2, 1, ONE, 1, height="3"),
        asked,
    )
    assert steps[-1].base == base


def test_E7_update_that_names_no_base_is_made_on_the_only_version_there_is() -> None:
    _, (_, step), _ = play(create(kind="oak"), update(1, None, kind="elm"))
    assert (step.base, step.conflict) == (1, "")


def test_E7_unknown_base_is_applied_and_is_a_hard_conflict() -> None:
    history, (_, step), held = play(create(kind="oak"), update(1, 7, kind="elm"))
    assert (values(history), step.conflict, held) == ({"kind": "elm"}, HARD, [])
    (field,) = step.fields
    assert (field.base, field.theirs, field.ours) == (None, "oak", "elm")


def test_E8_update_before_create_is_held_until_it_comes() -> None:
    early = update(1, 1, kind="elm")
    assert play(early)[2] == [early]
    history, _, held = play(early, create(2, kind="oak"))
    assert (values(history), held) == ({"kind": "elm"}, [])


def test_E8_chain_in_every_order_ends_in_the_same() -> None:
    chain = (create(kind="oak"), *(update(0, n, ONE, kind=str(n)) for n in range(1, 5)))
    ends = set()
    for order in permutations(chain):
        history, steps, held = play(*(replace(a, order=(n, 0)) for n, a in enumerate(order)))
        assert held == []
        assert not any(step.conflict or step.forced for step in steps)
        ends.add(tuple(values(history).items()))
    assert ends == {(("kind", "4"),)}


def test_E8_gap_in_a_branch_holds_all_that_follows() -> None:
    _, steps, held = play(create(), update(1, 2, ONE, kind="b"), update(2, 3, ONE, kind="c"))
    assert (len(steps), len(held)) == (1, 2)


def test_E8_interleaved_update_of_other_properties_is_a_soft_conflict_and_both_stay() -> None:
    history, steps, _ = play(
        create(kind="oak", height="1"),
        update(1, 1, height="2"),
        update(2, 1, ONE, 1, kind="elm", height="1"),
    )
    assert values(history) == {"kind": "elm", "height": "2"}
    assert [step.conflict for step in steps] == ["", "", SOFT]
    assert [(f.name, f.base, f.theirs, f.ours) for f in steps[2].fields] == [
        ("height", "1", "2", "1"),
        ("kind", "oak", "oak", "elm"),
    ]


def test_E8_interleaved_update_of_the_same_property_is_hard_and_the_last_one_counts() -> None:
    history, steps, _ = play(
        create(kind="oak"), update(1, 1, kind="elm"), update(2, 1, ONE, 1, kind="ash")
    )
    assert (values(history), steps[2].conflict) == ({"kind": "ash"}, HARD)


@pytest.mark.parametrize("kind", ["oak", "elm"])  # what it was; what the other said too
def test_E8_update_that_agrees_is_no_hard_conflict(kind: str) -> None:
    _, steps, _ = play(
        create(kind="oak"), update(1, 1, kind="elm"), update(2, 1, ONE, 1, kind=kind)
    )
    assert steps[2].conflict != HARD


def test_E8_later_updates_of_a_tablet_do_not_undo_what_it_never_heard_of() -> None:
    """Collect sends every property each time, those it did not touch as well."""
    history, steps, _ = play(
        create(kind="oak", height="1"),
        update(1, 1, height="2"),  # by another, online
        update(2, 1, ONE, 1, kind="elm", height="1"),
        update(3, 2, ONE, 1, kind="ash", height="1"),
        update(4, 3, ONE, 1, kind="fir", height="1"),
    )
    assert values(history) == {"kind": "fir", "height": "2"}
    assert [step.conflict for step in steps] == ["", "", SOFT, "", ""]


def test_E8_what_was_held_too_long_is_forced_and_marked() -> None:
    history, steps, held = play(create(kind="oak"), forced(update(1, 3, ONE, 1, kind="elm")))
    assert (values(history), held) == ({"kind": "elm"}, [])
    assert (steps[1].forced, steps[1].conflict) == (True, HARD)


def test_E8_of_a_broken_chain_the_earliest_is_forced_and_the_rest_follows() -> None:
    history, steps, held = play(
        create(kind="oak"),
        forced(update(1, 4, ONE, 1, kind="d")),
        update(2, 3, ONE, 1, kind="c"),
    )
    assert (values(history), held) == ({"kind": "d"}, [])
    assert [step.forced for step in steps] == [False, True, False]


def test_E8_predecessor_after_force_overwrites_nothing_newer() -> None:
    history, _, _ = play(create(kind="oak"), forced(update(1, 2, ONE, 1, kind="c")))
    more, _ = replay(history, [update(2, 1, ONE, 1, kind="b", height="2")])
    assert values(history) == {"kind": "c", "height": "2"}
    assert more[0].conflict == HARD


def test_E8_update_of_an_entity_that_never_came_stays_held_even_when_due() -> None:
    late = forced(update(1, 1, kind="elm"))
    assert play(late) == (History(ID), [], [late])


def test_E8_forced_upsert_creates_and_what_waits_on_it_follows() -> None:
    upsert = ask(
        0, creates=True, updates=True, base_version=2, branch_id=ONE, label="Oak", kind="a"
    )
    history, _, held = play(forced(upsert), update(1, 3, ONE, kind="b"))
    assert (values(history), held) == ({"kind": "b"}, [])


@given(st.data())
def test_E8_tablets_that_change_other_things_end_in_the_same_in_any_order(
    data: st.DataObject,
) -> None:
    """Two branches from one trunk; each tablet sends all it holds each time."""
    seen = {"a": "0", "b": "0"}
    first = create(**seen)
    chains = []
    for branch, mine in ((ONE, "a"), (OTHER, "b")):
        length = data.draw(st.integers(1, 4))
        chains += [
            update(0, n, branch, 1, **{**seen, mine: f"{mine}{n}"}) for n in range(1, length + 1)
        ]
    order = data.draw(st.permutations([first, *chains]))
    cut = data.draw(st.integers(0, len(order)))
    history = History(ID)
    numbered = [replace(each, order=(n, 0)) for n, each in enumerate(order)]
    _, held = replay(history, numbered[:cut])
    _, held = replay(history, [*held, *numbered[cut:]])
    ends = [max(c.action.base_version or 0 for c in chains if c.action.branch_id == b)
            for b in (ONE, OTHER)]  # fmt: skip
    assert held == []
    assert values(history) == {"a": f"a{ends[0]}", "b": f"b{ends[1]}"}


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.booleans(),
            st.none() | st.integers(1, 6),
            st.none() | st.integers(1, 6),
            st.sampled_from([None, ONE, OTHER]),
            st.sampled_from(["", "x", "y"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whatever_comes_nothing_is_lost_and_versions_have_no_gap(
    what: list[tuple[bool, bool, int | None, int | None, UUID | None, str, bool]],
) -> None:
    asked = [
        ask(n, creates=c, updates=u or not c, base_version=b, trunk_version=t, branch_id=i,
            label="Oak", kind=k, due=d)
        for n, (c, u, b, t, i, k, d) in enumerate(what)
    ]  # fmt: skip
    history, steps, held = play(*asked)
    assert sorted(e.order for e in (*held, *(s.asked for s in steps))) == [e.order for e in asked]
    numbers = [step.version.number for step in steps if step.version]
    assert numbers == list(range(1, len(numbers) + 1))
    assert history.latest is None or history.latest.number == len(numbers)
    assert all(step.fields for step in steps if step.conflict)
