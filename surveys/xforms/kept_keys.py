"""A question keeps its key over all versions of its form, and with it its column. Pure.

The key of a node that earlier versions had is theirs, whatever new questions of the same name
stand beside it; a question that was renamed takes the key of the one it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from backend.said import Said
from surveys.xforms.keys import RECORD_KEYS
from surveys.xforms.schema import Field, Schema

Keys = dict[str, str]  # path → key


@dataclass(frozen=True, slots=True)
class Rename:
    """A question of a new version that is likely one of the version before under another name."""

    old: str  # path
    new: str
    words: str = ""  # its label, for whoever confirms


class RenameError(ValueError):
    """A renaming that cannot be: which, and why."""

    def __init__(self, old: str, new: str, reason: Said) -> None:
        super().__init__(f"{old}={new}: {reason}")
        self.old, self.new, self.reason = old, new, reason


def keep_keys(
    schema: Schema, earlier: Sequence[Schema], renamed: Mapping[str, str] | None = None
) -> Schema:
    """The schema with the keys of earlier versions (the newest of them first).

    `renamed` leads from paths of the schema to paths of earlier versions, as `check_renames` gives.
    """
    kept: Keys = {}
    for table in {f.repeat for f in schema.fields}:
        fields = schema.table(table)
        before = [version.table(table) for version in earlier]
        kept |= _keys_of_table(fields, before, renamed or {})
    return replace(schema, fields=tuple(replace(f, key=kept[f.path]) for f in schema.fields))


def _keys_of_table(
    fields: Sequence[Field], before: Iterable[Sequence[Field]], renamed: Mapping[str, str]
) -> Keys:
    kept: Keys = {}
    taken: set[str] = set()
    was = {renamed.get(f.path, f.path): f.path for f in fields}
    for old in (f for version in before for f in version):
        path = was.get(old.path)
        if path is not None and path not in kept and old.key not in taken:
            kept[path] = old.key
            taken.add(old.key)
    for each in fields:
        if each.path not in kept:
            kept[each.path] = _free(each, taken)
            taken.add(kept[each.path])
    return kept


def _free(each: Field, taken: set[str]) -> str:
    """Its own key, or with its groups, or numbered, where an older question holds that."""
    whole = each.path.replace("/", "_")
    numbered = (f"{whole}_{number}" for number in count(2))
    for name in (each.key, whole):
        if name not in taken and name not in RECORD_KEYS:
            return name
    return next(name for name in numbered if name not in taken)


def likely_renames(before: Schema, after: Schema) -> list[Rename]:
    """Questions that are gone, each with the new one of the same table, type and label."""
    gone = _only_in(before, after)
    new = _only_in(after, before)
    found = []
    for old in gone:
        alike = next((each for each in new if _is_alike(old, each)), None)
        if alike is not None:
            new.remove(alike)
            label = next(filter(None, alike.labels.values()), "")
            found.append(Rename(old.path, alike.path, label))
    return found


def check_renames(before: Schema, after: Schema, asked: Iterable[tuple[str, str]]) -> Keys:
    """Paths of `after` → paths of `before`, from (old, new) said as paths or as keys.

    Raises `RenameError`: a question that is not there, stands in another table, is still asked, or
    is named twice.
    """
    renamed: Keys = {}
    for old_words, new_words in asked:
        old, new = _find(before, old_words), _find(after, new_words)
        reason = _reason_against(old, new, after, renamed)
        if reason:
            raise RenameError(old_words, new_words, reason)
        assert old is not None
        assert new is not None
        renamed[new.path] = old.path
    return renamed


def _reason_against(old: Field | None, new: Field | None, after: Schema, done: Keys) -> Said | None:
    if old is None:
        return Said("the version before has no such question")
    if new is None:
        return Said("the new version has no such question")
    if old.repeat != new.repeat:
        return Said("they stand in different tables")
    if any(f.path == old.path for f in after.fields):
        return Said("the old one is still asked")
    if new.path in done or old.path in done.values():
        return Said("it is renamed twice")
    return None


def _find(schema: Schema, words: str) -> Field | None:
    by_path = (f for f in schema.fields if f.path == words)
    by_key = [f for f in schema.fields if words in {f.key, f.name}]
    return next(by_path, by_key[0] if len(by_key) == 1 else None)


def _only_in(one: Schema, other: Schema) -> list[Field]:
    """Questions the other has not, neither at that path nor of that key."""
    paths = {f.path for f in other.fields}
    keys = {(f.repeat, f.key) for f in other.fields}
    return [f for f in one.fields if f.path not in paths and (f.repeat, f.key) not in keys]


def _is_alike(old: Field, new: Field) -> bool:
    if (old.repeat, old.type) != (new.repeat, new.type):
        return False
    shared = {lang for lang, label in old.labels.items() if label and new.labels.get(lang)}
    if shared:
        return all(old.labels[lang] == new.labels[lang] for lang in shared)
    return bool(old.choices) and old.choices == new.choices
