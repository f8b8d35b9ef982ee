"""Two schemas → what changed, and whether old answers still compare with new ones. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from surveys.xforms.schema import Field, Schema


@dataclass(frozen=True, slots=True)
class Change:
    """`breaks`: answers before and after cannot be put in one column without a decision."""

    kind: str
    path: str
    words: str
    breaks: bool

    def __str__(self) -> str:
        return f"{self.path}: {self.words}" if self.path else self.words


# Every whole number is a decimal one, every date a moment.
_WIDENED = frozenset({("integer", "decimal"), ("date", "dateTime")})


def compare_schemas(
    before: Schema, after: Schema, renamed: Mapping[str, str] | None = None
) -> list[Change]:
    """What changed, in form order, removals last. Fields are the same when their path is, when the
    same name moved to another group, or when `renamed` (new path → old path) says so.
    """
    pairs = _pair(before.fields, after.fields, renamed or {})
    kept = {old.path for old, _ in pairs}
    found = {new.path for _, new in pairs}
    added = [f for f in after.fields if f.path not in found]
    removed = [f for f in before.fields if f.path not in kept]
    changes = [c for old, new in pairs for c in _field_changes(old, new, before.languages[0])]
    changes += [_addition(f) for f in added]
    changes += [_removal(f, added) for f in removed]
    return [*changes, *_table_changes(before, after)]


def _pair(
    before: tuple[Field, ...], after: tuple[Field, ...], renamed: Mapping[str, str]
) -> list[tuple[Field, Field]]:
    old = {f.path: f for f in before}
    was = {f.path: renamed.get(f.path, f.path) for f in after}
    pairs = [(old[was[f.path]], f) for f in after if was[f.path] in old]
    same = {f.path for f in after if was[f.path] in old}
    paired = {f.path for f, _ in pairs}
    left = {f.name: f for f in before if f.path not in paired}
    moved = [f for f in after if f.path not in same]
    return pairs + [(left[f.name], f) for f in moved if _only_one(f, moved) and f.name in left]


def _only_one(field: Field, fields: list[Field]) -> bool:
    return sum(f.name == field.name for f in fields) == 1


def _field_changes(old: Field, new: Field, language: str) -> Iterator[Change]:
    if old.repeat != new.repeat:
        words = f"moved from {_table(old.repeat)} to {_table(new.repeat)}"
        yield Change("moved_between_tables", new.path, words, breaks=True)
    elif old.name != new.name:
        yield Change("renamed", new.path, f"was called {old.path}", breaks=False)
    elif old.path != new.path:
        yield Change("moved", new.path, f"stood at {old.path}", breaks=False)
    if old.type != new.type:
        widened = (old.type, new.type) in _WIDENED
        words = f"was {old.type}, is {new.type}"
        yield Change("type_changed", new.path, words, breaks=not widened)
    if old.choices_file != new.choices_file:
        words = f"chose from {old.choices_file or 'a list'}, now {new.choices_file or 'a list'}"
        yield Change("list_changed", new.path, words, breaks=True)
    yield from _choice_changes(old, new, language)
    yield from _small_changes(old, new, language)


def _choice_changes(old: Field, new: Field, language: str) -> Iterator[Change]:
    before = {choice.name: choice.labels for choice in old.choices}
    after = {choice.name: choice.labels for choice in new.choices}
    for name in before if after else ():
        if name not in after:
            words = f"the choice “{name}” is gone"
            yield Change("choice_removed", new.path, words, breaks=True)
    for name, labels in after.items():
        if before and name not in before:
            yield Change("choice_added", new.path, f"the choice “{name}” is new", breaks=False)
        elif before and before[name] != labels:
            words = f"the choice “{name}” has another label"
            meaning = before[name].get(language) != labels.get(language)
            yield Change("choice_label_changed", new.path, words, breaks=meaning)


def _small_changes(old: Field, new: Field, language: str) -> Iterator[Change]:
    if old.labels.get(language) != new.labels.get(language):
        yield Change("label_changed", new.path, "asks in other words", breaks=False)
    if new.required and not old.required:
        yield Change("required", new.path, "must now be answered", breaks=False)
    if (old.privacy, old.restricted) != (new.privacy, new.restricted):
        words = f"was {old.privacy}, is {new.privacy}{' and restricted' if new.restricted else ''}"
        yield Change("privacy_changed", new.path, words, breaks=False)
    if old.entity_property and old.entity_property != new.entity_property:
        words = f"no longer fills the entity property “{old.entity_property}”"
        yield Change("entity_property_removed", new.path, words, breaks=True)


def _addition(field: Field) -> Change:
    return Change("added", field.path, f"is new ({field.type})", breaks=False)


def _removal(field: Field, added: list[Field]) -> Change:
    for new in added:
        if field.labels and new.labels == field.labels and new.type == field.type:
            return Change("renamed", field.path, f"is now called {new.path}", breaks=True)
    return Change("removed", field.path, "is gone", breaks=True)


def _table_changes(before: Schema, after: Schema) -> Iterator[Change]:
    kept = {repeat.path for repeat in after.repeats}
    for repeat in before.repeats:
        if repeat.path not in kept:
            yield Change("repeat_removed", repeat.path, "the repeat is gone", breaks=True)
    lists = {entity.list_name for entity in after.entities}
    for entity in before.entities:
        if entity.list_name not in lists:
            words = f"the form no longer writes to the entity list “{entity.list_name}”"
            yield Change("entity_list_removed", entity.path, words, breaks=True)
    for language in before.languages:
        if language not in after.languages:
            words = f"the language {language or 'without a name'} is gone"
            yield Change("language_removed", "", words, breaks=False)


def _table(repeat: str) -> str:
    return f"the repeat {repeat}" if repeat else "the main table"
