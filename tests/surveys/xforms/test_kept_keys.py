"""Keys, and with them columns, stay with their questions over all versions."""

from dataclasses import replace

import pytest

from surveys.xforms.kept_keys import RenameError, check_renames, keep_keys, likely_renames
from surveys.xforms.schema import Choice, Field, Schema


def question(path: str, key: str = "", repeat: str = "", **said: object) -> Field:
    name = path.rpartition("/")[2]
    made = Field(name, path, key or name, "string", repeat, {"": name.title()})
    return replace(made, **said)  # type: ignore[arg-type]


def form(*fields: Field, version: str = "1") -> Schema:
    return Schema("f", version, "F", ("",), fields, ())


def keys(schema: Schema) -> dict[str, str]:
    return {f.path: f.key for f in schema.fields}


def test_question_keeps_its_key_when_another_of_its_name_comes() -> None:
    first = form(question("head/name"))
    second = form(question("head/name", "head_name"), question("wife/name", "wife_name"))
    assert keys(keep_keys(second, [first])) == {"head/name": "name", "wife/name": "wife_name"}


def test_key_of_an_older_question_is_not_given_to_a_new_one() -> None:
    first = form(question("head/name"))
    second = keep_keys(form(question("head/name", "h"), question("wife/name", "w")), [first])
    third = keep_keys(form(question("wife/name"), question("x/name", "x_name")), [second, first])
    assert keys(third) == {"wife/name": "w", "x/name": "x_name"}


def test_new_question_whose_name_an_older_one_holds_takes_its_groups_or_a_number() -> None:
    first = form(question("a/b", "b"), question("x", "c_b"))
    second = form(question("a/b", "a_b"), question("x"), question("c/b", "b"))
    assert keys(keep_keys(second, [first])) == {"a/b": "b", "x": "c_b", "c/b": "c_b_2"}


def test_moved_question_of_the_same_name_keeps_its_key() -> None:
    first = form(question("place/card_no"))
    assert keys(keep_keys(form(question("card_no")), [first])) == {"card_no": "card_no"}


def test_renamed_question_takes_the_key_it_had_and_keeps_it_in_later_versions() -> None:
    first = form(question("size"))
    second = form(question("hh/members"))
    renamed = check_renames(first, second, [("size", "members")])
    kept = keep_keys(second, [first], renamed)
    assert keys(kept) == {"hh/members": "size"}
    assert keys(keep_keys(second, [kept, first])) == {"hh/members": "size"}


def test_tables_have_keys_of_their_own() -> None:
    first = form(question("name"), question("m/name", repeat="m"))
    assert keys(keep_keys(first, [first])) == {"name": "name", "m/name": "name"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("nothing", "b", "no such question"),
        ("a", "nothing", "no such question"),
        ("kept", "b", "still asked"),
        ("a", "m/c", "different tables"),
    ],
)
def test_renaming_that_cannot_be_is_refused(old: str, new: str, reason: str) -> None:
    before = form(question("a"), question("kept"))
    after = form(question("b"), question("kept"), question("m/c", repeat="m"))
    with pytest.raises(RenameError, match=reason):
        check_renames(before, after, [(old, new)])


def test_two_questions_cannot_both_be_the_older_one() -> None:
    before, after = form(question("a")), form(question("b"), question("c"))
    with pytest.raises(RenameError, match="twice"):
        check_renames(before, after, [("a", "b"), ("a", "c")])


def test_same_label_and_type_under_another_name_is_a_likely_renaming() -> None:
    said = {"labels": {"ru": "Сколько человек?"}}
    before = form(question("size", **said), question("kept"))
    after = form(question("members", **said), question("kept"), question("other"))
    (likely,) = likely_renames(before, after)
    assert (likely.old, likely.new, likely.words) == ("size", "members", "Сколько человек?")


def test_other_label_or_type_is_no_likely_renaming() -> None:
    before = form(question("a"), question("b", type="integer", labels={"": "X"}))
    after = form(question("c"), question("d", labels={"": "X"}))
    assert likely_renames(before, after) == []


def test_choices_alone_show_a_renaming_where_nothing_is_labelled() -> None:
    choices = (Choice("x", {"": "X"}),)
    before = form(question("a", labels={}, type="select_one", choices=choices))
    after = form(question("b", labels={}, type="select_one", choices=choices))
    assert [(r.old, r.new) for r in likely_renames(before, after)] == [("a", "b")]
