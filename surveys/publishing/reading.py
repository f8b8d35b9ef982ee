"""What the pages of forms show: forms with their records, classes, missing translations, places."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet

from backend.accounts.models import User
from surveys.datasets.seen import records_seen
from surveys.places.models import Place
from surveys.places.naming import NAME_COLUMNS, in_tree, name_of, name_order
from surveys.publishing.models import FormDraft
from surveys.publishing.words import CHANGES, CLASSES, RESTRICTED, TRANSLATED
from surveys.rounds.models import Round
from surveys.xforms.compare import Change
from surveys.xforms.models import LARGE, Form, FormVersion
from surveys.xforms.schema import Field, Schema
from surveys.xforms.translations import Untranslated, untranslated
from surveys.xforms.xlsform import read_sheets

MOST_LISTED = 100  # missing translations of one language on a page
PLACES_FOUND = 20


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form, and what this person may see of what came with it."""

    form: Form
    records: int
    last_at: datetime | None
    versions: int
    drafts: int


@dataclass(frozen=True, slots=True)
class ClassLine:
    """The questions of one privacy class."""

    name: str
    words: Any
    fields: tuple[tuple[str, str], ...]  # label in the default language, key


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """A language of a form, and what is not said in it; `listed` is the beginning of that."""

    name: str
    missing: int
    listed: tuple[tuple[Any, Untranslated], ...]  # what it is, in words, and where


@dataclass(frozen=True, slots=True)
class ChangeLine:
    kind: Any
    path: str
    words: str
    breaks: bool


def form_lines(user: User) -> list[FormLine]:
    """Every published form, in three queries however many there are."""
    found = records_seen(user)
    drafts = FormDraft.objects.open().values("form_id").annotate(number=Count("id"))
    waiting = {row["form_id"]: row["number"] for row in drafts.order_by()}
    forms = forms_with_current().annotate(editions=Count("versions"))
    lines = []
    for form in forms:
        records, last_at = found.get(form.pk, (0, None))
        lines.append(FormLine(form, records, last_at, form.editions, waiting.get(form.form_id, 0)))
    return lines


def forms_with_current() -> QuerySet[Form]:
    return Form.objects.with_current().select_related("round__survey")


def versions_of(form: Form) -> QuerySet[FormVersion]:
    """Newest first, without what makes them large."""
    return form.versions.select_related("published_by").defer(*LARGE)


def classes_of(schema: Schema) -> list[ClassLine]:
    """The classes that some question has, the most private first."""
    return [
        ClassLine(name, words, fields)
        for name, words in CLASSES.items()
        if (fields := tuple(_of_class(schema, name)))
    ]


def _of_class(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    for field in schema.fields:
        if (RESTRICTED if field.restricted else field.privacy) == name:
            yield _label(field, schema.languages[0]), field.key


def _label(field: Field, language: str) -> str:
    return field.labels.get(language) or next(filter(None, field.labels.values()), "")


def languages_of(schema: Schema, missing: Iterable[Untranslated]) -> list[LanguageLine]:
    """Each language of the form with the cells it lacks; one without a name is the default's."""
    by_name: dict[str, list[Untranslated]] = {name: [] for name in schema.languages}
    for each in missing:
        by_name.setdefault(each.language, []).append(each)
    return [
        LanguageLine(
            name,
            len(lacking),
            tuple((TRANSLATED.get(m.what, m.what), m) for m in lacking[:MOST_LISTED]),
        )
        for name, lacking in by_name.items()
    ]


@lru_cache(maxsize=64)
def untranslated_of(version_pk: int) -> tuple[Untranslated, ...]:
    """Of a published version, from its workbook; it never changes, so it may be kept."""
    content = FormVersion.objects.values_list("xlsform", flat=True).get(pk=version_pk)
    sheets = read_sheets(bytes(content))
    return tuple(untranslated(sheets)) if sheets else ()


def change_lines(changes: Iterable[Change]) -> list[ChangeLine]:
    """Those that break comparability first."""
    lines = [ChangeLine(CHANGES.get(c.kind, c.kind), c.path, c.words, c.breaks) for c in changes]
    return sorted(lines, key=lambda line: not line.breaks)


def round_choices(kept: Round | None = None) -> list[Round]:
    """Rounds that are not over, and the one a form has."""
    rounds = Round.objects.select_related("survey")
    return [r for r in rounds if not r.is_closed or (kept is not None and r.pk == kept.pk)]


def district_groups() -> list[tuple[Place, list[Place]]]:
    """Oblasts, each with its districts; what was merged into another is not offered."""
    levels = Place.Level
    shown = Place.objects.filter(
        level__in=[levels.OBLAST, levels.DISTRICT], merged_into=None
    ).defer("boundary")
    places = in_tree(shown)
    districts: dict[int | None, list[Place]] = {}
    for place in places:
        if place.level == levels.DISTRICT:
            districts.setdefault(place.parent_id, []).append(place)
    return [(p, districts.get(p.pk, [])) for p in places if p.level == levels.OBLAST]


def find_places(words: str) -> list[Place]:
    """Places whose name or code begins so, the larger first; empty words find none."""
    words = words.replace("\0", "").strip()
    if not words:
        return []
    names = (f"{name}__istartswith" for name in (*NAME_COLUMNS, "code"))
    found = Q()
    for name in names:
        found |= Q(**{name: words})
    places = Place.objects.filter(found, merged_into=None).select_related("parent")
    large = ("boundary", "parent__boundary")
    shown = list(places.defer(*large).order_by("level", "name_en")[:PLACES_FOUND])
    return sorted(shown, key=lambda place: (place.level, name_order(name_of(place))))
