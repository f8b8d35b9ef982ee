"""What a text behind "other" probably means: pure, by labels and by what was said before."""

from surveys.corrections.suggest import BEFORE, NEAR, SAME, Earlier, Suggester, most_meant
from surveys.xforms.schema import Choice

CHOICES = (
    Choice("rc", {"English": "Red Crescent", "Кыргызча": "Кызыл Жарым Ай"}),
    Choice("bank", {"English": "Bank loan", "Русский": "Банковский кредит"}),
    Choice("s5", {"English": "School 5"}),
    Choice("s6", {"English": "School 6"}),
    Choice("market", {"English": "Market", "Тоҷикӣ": "Бозорӣ"}),
    Choice("bazaar", {"English": "Bazaar", "Русский": "Бозори"}),
    Choice("other", {"English": "Other"}),
)


def suggester(*earlier: Earlier) -> Suggester:
    return Suggester(CHOICES, earlier, "other")


def test_label_in_any_language_is_meant_whatever_letters_it_is_typed_in() -> None:
    for words in (
        "red crescent",
        "RED  CRESCENT!",
        "кызыл жарым ай",
        "Kyzyl Jarym Ai",
        "қызыл жарым аӣ",
    ):
        found = suggester().suggest(words)
        assert found is not None, words
        assert (found.code, found.why, found.clear) == ("rc", SAME, True), words


def test_number_tells_labels_apart() -> None:
    assert suggester().suggest("school 6") == suggester().suggest("School, 6")
    found = suggester().suggest("school 6")
    assert found is not None
    assert found.code == "s6"


def test_one_letter_or_more_words_are_near_but_not_clear() -> None:
    for words in ("red cresent", "the red crescent society"):
        found = suggester().suggest(words)
        assert found is not None, words
        assert (found.code, found.why, found.clear) == ("rc", NEAR, False), words


def test_label_of_two_choices_is_not_clear() -> None:
    found = suggester().suggest("bozori")
    assert found is not None
    assert not found.clear


def test_other_itself_and_unknown_words_mean_nothing() -> None:
    assert suggester().suggest("other") is None
    assert suggester().suggest("mercy corps") is None
    assert suggester().suggest("!?") is None


def test_what_was_said_before_comes_before_the_label_and_the_most_said_first() -> None:
    said = (Earlier("red crescent", "bank", 1), Earlier("Red Crescent", "s5", 3))
    found = suggester(*said).suggest("RED CRESCENT")
    assert found is not None
    assert (found.code, found.why, found.times, found.clear) == ("s5", BEFORE, 3, False)
    once = suggester(said[0]).suggest("red crescent")
    assert once is not None
    assert (once.code, once.clear) == ("bank", True)


def test_choice_that_is_no_more_is_not_suggested() -> None:
    found = suggester(Earlier("mercy corps", "gone", 7)).suggest("mercy corps")
    assert found is None


def test_choice_that_most_answers_clearly_mean_is_offered_first() -> None:
    texts = {"red crescent": 2, "bank loan": 5, "red cresent": 9}
    found = {words: each for words in texts if (each := suggester().suggest(words))}
    assert most_meant(found, texts) == "bank"
    assert most_meant({}, {}) == ""
