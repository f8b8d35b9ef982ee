from hypothesis import given
from hypothesis import strategies as st

from surveys.xforms.keys import RECORD_KEYS, unique_names

node = st.sampled_from(["a", "b", "a_b", "id", "place", "name"])
paths = st.lists(st.lists(node, min_size=1, max_size=4).map("/".join), unique=True, max_size=12)


@given(paths)
def test_keys_are_unique_and_never_those_of_the_record(paths: list[str]) -> None:
    keys = unique_names(paths, below="", taken=RECORD_KEYS)

    assert list(keys) == paths
    assert len(set(keys.values())) == len(paths)
    assert not RECORD_KEYS & set(keys.values())


def test_groups_are_added_only_where_two_clash() -> None:
    keys = unique_names(["x/a", "y/a", "y/b", "m/x/c", "n/x/c"], below="")

    assert list(keys.values()) == ["x_a", "y_a", "b", "m_x_c", "n_x_c"]


def test_names_in_a_repeat_take_no_group_from_above_it() -> None:
    assert unique_names(["g/r/id", "g/r/h/id"], below="g/r", taken=RECORD_KEYS) == {
        "g/r/id": "id_2",
        "g/r/h/id": "h_id",
    }
