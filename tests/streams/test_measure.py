"""A medium stream of ours looks like the development sample, by every measure."""

import pytest

from tests.streams.fold import fold, within_one_edit
from tests.streams.measure import SAMPLE, Measures, measure
from tests.streams.plan import Plan
from tests.streams.reading import read_stream
from tests.streams.stream import write_stream

# Shares that hang on few villages, enumerators or events swing from seed to seed; in the last two
# our enumerators are a little less steady than the sample's.
SWINGING = {
    "records in the largest village": 0.6, "strangers with one surname": 0.5, "name Latin": 0.45,
    "name with own letters": 0.45, "person in another script": 0.4, "grandchild": 0.6,
    "phone of two households": 0.4, "pair in another village": 0.5, "records of two": 0.4,
    "person in another relation": 0.45, "pair with head's name as written": 0.4,
}  # fmt: skip


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Measures:
    out = tmp_path_factory.mktemp("ours")
    write_stream(Plan(households=1500, rounds=3, noise="medium", seed=31), out)
    return measure(read_stream(out))


@pytest.mark.parametrize("name", [name for name in SAMPLE if not name.startswith("hard")])
def test_a_stream_measures_like_the_sample(ours: Measures, name: str) -> None:
    tolerance = SWINGING.get(name, 0.35 if SAMPLE[name] < 0.2 else 0.12)
    assert ours[name] == pytest.approx(SAMPLE[name], rel=tolerance)


@pytest.mark.parametrize("name", [name for name in SAMPLE if name.startswith("hard")])
def test_hard_negatives_are_as_many_as_in_the_sample(ours: Measures, name: str) -> None:
    assert ours[name] == pytest.approx(SAMPLE[name], rel=0.65)


@pytest.mark.parametrize(
    "forms",
    [("Гүлнара", "Гульнара", "gulnara"), ("Ҷамшед", "Джамшед", "Jamshed", "Ӌамшед"),
     ("Жолдош", "Zholdosh", "Joldosh"), ("Ӯктам", "Уктам")],
)  # fmt: skip
def test_the_yardstick_sees_through_scripts(forms: tuple[str, ...]) -> None:
    assert len({fold(form) for form in forms}) == 1


def test_the_yardstick_keeps_twins_apart() -> None:
    assert fold("Асан") != fold("Үсөн")
    assert fold("Ҳасан") != fold("Ҳусейн")


@pytest.mark.parametrize(
    ("one", "two", "near"),
    [("nurlan", "nurlan", True), ("nurlan", "nuran", True), ("nurlan", "nurllan", True),
     ("nurlan", "nurkan", True), ("nurlan", "nulran", True), ("nurlan", "nuralna", False),
     ("asan", "usin", False), ("ab", "abcd", False)],
)  # fmt: skip
def test_one_edit_is_one_letter(one: str, two: str, near: bool) -> None:
    assert within_one_edit(one, two) is within_one_edit(two, one) is near
