"""Two schemas → what changed, and whether old answers still compare with new ones. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from backend.said import Said
from surveys.xforms.schema import Field, Schema


@dataclass(frozen=True, slots=True)
class Change:
    """`breaks`: answers before and after cannot be put in one column without a decision."""

    kind: str
    path: str
    words: Said
    breaks: bool

    def __str__(self) -> str:
        return f"{self.path}: {self.words}" if self.path else str(self.words)

    def as_json(self) -> dict[str, Any]:
        """To be kept: the words in English, and what a page translates them from."""
        return {**asdict(self), "said": self.words.as_json()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        words = Said.from_json(kept.get("said") or kept["words"])
        return cls(kept["kind"], kept["path"], words, kept["breaks"])


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
        words = Said("moved from {old} to {new}", old=_table(old.repeat), new=_table(new.repeat))
        yield Change("moved_between_tables", new.path, words, breaks=True)
    elif old.name != new.name:
        yield Change("renamed", new.path, Said("was called {path}", path=old.path), breaks=False)
    elif old.path != new.path:
        yield Change("moved", new.path, Said("stood at {path}", path=old.path), breaks=False)
    if old.type != new.type:
        widened = (old.type, new.type) in _WIDENED
        words = Said("was {old}, is {new}", old=old.type, new=new.type)
        yield Change("type_changed", new.path, words, breaks=not widened)
    if old.choices_file != new.choices_file:
        words = Said("chose from {old}, now {new}", old=_source(old), new=_source(new))
        yield Change("list_changed", new.path, words, breaks=True)
    yield from _choice_changes(old, new, language)
    yield from _small_changes(old, new, language)


def _choice_changes(old: Field, new: Field, language: str) -> Iterator[Change]:
    before = {choice.name: choice.labels for choice in old.choices}
    after = {choice.name: choice.labels for choice in new.choices}
    for name in before if after else ():
        if name not in after:
            words = Said("the choice “{name}” is gone", name=name)
            yield Change("choice_removed", new.path, words, breaks=True)
    for name, labels in after.items():
        if before and name not in before:
            words = Said("the choice “{name}” is new", name=name)
            yield Change("choice_added", new.path, words, breaks=False)
        elif before and before[name] != labels:
            words = Said("the choice “{name}” has another label", name=name)
            meaning = before[name].get(language) != labels.get(language)
            yield Change("choice_label_changed", new.path, words, breaks=meaning)


def _small_changes(old: Field, new: Field, language: str) -> Iterator[Change]:
    if old.labels.get(language) != new.labels.get(language):
        yield Change("label_changed", new.path, Said("asks in other words"), breaks=False)
    if new.required and not old.required:
        yield Change("required", new.path, Said("must now be answered"), breaks=False)
    if (old.privacy, old.restricted) != (new.privacy, new.restricted):
        yield Change("privacy_changed", new.path, _privacy(old, new), breaks=False)
    if old.entity_property and old.entity_property != new.entity_property:
        words = Said(
            "no longer fills the entity property “{property}”", property=old.entity_property
        )
        yield Change("entity_property_removed", new.path, words, breaks=True)


def _addition(field: Field) -> Change:
    return Change("added", field.path, Said("is new ({type})", type=field.type), breaks=False)


def _removal(field: Field, added: list[Field]) -> Change:
    for new in added:
        if field.labels and new.labels == field.labels and new.type == field.type:
            words = Said("is now called {path}", path=new.path)
            return Change("renamed", field.path, words, breaks=True)
    return Change("removed", field.path, Said("is gone"), breaks=True)


def _table_changes(before: Schema, after: Schema) -> Iterator[Change]:
    kept = {repeat.path for repeat in after.repeats}
    for repeat in before.repeats:
        if repeat.path not in kept:
            yield Change("repeat_removed", repeat.path, Said("the repeat is gone"), breaks=True)
    lists = {entity.list_name for entity in after.entities}
    for entity in before.entities:
        if entity.list_name not in lists:
            words = Said(
                "the form no longer writes to the entity list “{name}”", name=entity.list_name
            )
            yield Change("entity_list_removed", entity.path, words, breaks=True)
    for language in before.languages:
        if language not in after.languages:
            yield Change("language_removed", "", _language_gone(language), breaks=False)


def _language_gone(language: str) -> Said:
    if not language:
        return Said("the language without a name is gone")
    return Said("the language {language} is gone", language=language)


def _privacy(old: Field, new: Field) -> Said:
    classes = {"old": old.privacy, "new": new.privacy}
    if new.restricted:
        return Said("was {old}, is {new} and restricted", **classes)
    return Said("was {old}, is {new}", **classes)


def _source(field: Field) -> str:
    return field.choices_file or Said("a list")


def _table(repeat: str) -> Said:
    return Said("the repeat {repeat}", repeat=repeat) if repeat else Said("the main table")
