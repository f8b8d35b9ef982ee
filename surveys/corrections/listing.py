"""The log of corrections as pages and the API give it: masked by role, in so many queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_review
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.corrections import states
from surveys.corrections.models import Correction, CorrectionStep
from surveys.corrections.visible import Questions, visible_corrections
from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Column
from surveys.datasets.tables import find_form
from surveys.privacy.access import unmask
from surveys.privacy.models import Unmasking

Json = dict[str, Any]
# What a list may be narrowed to by one word; a single state is one too.
GROUPS = {"waiting": states.WAITING, "in_force": states.IN_FORCE, "ended": states.ENDED}
STATES = {**GROUPS, **{state: (state,) for state in states.ALL}, "all": states.ALL}
_QUERY = {"state", "form", "record", "bundle", "path", "unmask", "page_size", "cursor", "format"}


@dataclass(frozen=True, slots=True)
class Line:
    """A correction as a reader sees it; answers are None where they are masked."""

    correction: Correction
    column: Column | None
    label: str
    old: str | None  # as text
    new: str | None
    old_words: str
    new_words: str
    reason: str | None  # None for who may not review: it may name people
    steps: Sequence[CorrectionStep]

    @property
    def masked(self) -> bool:
        return self.old is None

    @property
    def decided(self) -> CorrectionStep | None:
        return next((s for s in self.steps if s.step in ("approved", "rejected")), None)

    @property
    def last(self) -> CorrectionStep:
        return self.steps[-1]


def lines_of(
    corrections: Iterable[Correction],
    user: User,
    granted: Unmasking | None = None,
    *,
    language: str = "",
) -> list[Line]:
    """In so many queries, however many there are; in a language of the form, or the page's."""
    found = list(corrections)
    steps: dict[UUID, list[CorrectionStep]] = {c.pk: [] for c in found}
    rows = CorrectionStep.objects.filter(correction__in=steps).select_related("by").order_by("pk")
    for step in rows:
        steps[step.correction_id].append(step)
    questions, language = Questions(found), language or get_language() or "en"
    return [
        _line(c, questions, steps[c.pk], user=user, granted=granted, language=language)
        for c in found
    ]


def _line(
    correction: Correction,
    questions: Questions,
    steps: Sequence[CorrectionStep],
    *,
    user: User,
    granted: Unmasking | None,
    language: str,
) -> Line:
    column = questions.column(correction)
    dataset = questions.datasets[correction.form_id]
    hidden = questions.hidden(correction, user, granted)
    asked = dataset.language(language) or dataset.languages[0]
    label = _("the whole record") if not correction.path else ""
    label = label if column is None else label_in(column.field.labels, asked) or column.name
    return Line(
        correction=correction,
        column=column,
        label=label or correction.path,
        old=None if hidden else correction.old,
        new=None if hidden else correction.new,
        old_words="" if hidden else text_words(column, correction.old, asked),
        new_words="" if hidden else text_words(column, correction.new, asked),
        reason=correction.reason if may_review(user) else None,
        steps=steps,
    )


def text_words(column: Column | None, text: str, language: str) -> str:
    """A text as a tablet writes it, with labels in place of codes."""
    if column is None or not column.field.choices:
        return text
    labels = column.choice_labels(language)
    codes = text.split() if column.field.type == "select_multiple" else [text]
    return ", ".join(labels.get(code, code) for code in codes)


def wanted(user: User, query: Mapping[str, str]) -> QuerySet[Correction]:
    """Raises `Problem`: `not_found` for a form, `value_invalid`."""
    rows = visible_corrections(user)
    state = query.get("state", "") or "all"
    if state not in STATES:
        raise Problem(
            "value_invalid",
            field="state",
            reason=Said("one of {allowed}", allowed=", ".join(STATES)),
        )
    rows = rows.filter(state__in=STATES[state])
    if form_id := query.get("form", ""):
        rows = rows.filter(form=find_form(form_id))
    for name, column in (("record", "record_id"), ("bundle", "bundle")):
        if text := query.get(name, ""):
            rows = rows.filter(**{column: read_uuid(name, text)})
    if path := query.get("path", ""):
        if "\0" in path:
            raise Problem("value_invalid", field="path", reason=Said("holds a NUL character"))
        rows = rows.filter(path=path)
    return rows


def corrections_page(user: User, request: HttpRequest) -> Json:
    """The newest first. Raises `Problem` as `wanted`, `field_unknown`, `purpose_missing`."""
    for name in set(request.GET) - _QUERY:
        raise Problem("field_unknown", field=name)
    granted = granted_for(user, request.GET.get("unmask", ""))
    page = page_of(
        wanted(user, request.GET),
        [
            column_key("proposed_at", "proposed_at", descending=True),
            column_key("id", "id", descending=True),
        ],
        lambda keys: corrections_json(keys, user, granted),
        request=request,
        list_name=f"corrections {request.GET.get('state', '')}",
        size=page_size_of(request),
    )
    return {"next": page.next, "previous": page.previous, "results": page.rows}


def granted_for(user: User, reason: str) -> Unmasking | None:
    """Raises `Problem` as `unmask` does."""
    return unmask(user=user, reason=reason, target="corrections") if reason else None


def corrections_json(
    keys: Iterable[UUID], user: User, granted: Unmasking | None = None
) -> list[Json]:
    found = Correction.objects.filter(pk__in=list(keys)).select_related("form", "proposed_by")
    return [_json(line) for line in lines_of(found.order_by("proposed_at", "pk"), user, granted)]


def _json(line: Line) -> Json:
    c = line.correction
    return {
        "id": c.pk,
        "bundle": c.bundle,
        "form_id": c.form.form_id,
        "record": c.record_id,
        "row": c.row_id,
        "path": c.path,
        "action": c.action,
        "old": line.old,
        "new": line.new,
        "masked": line.masked,
        "reason": line.reason,
        "source": c.source,
        "state": c.state,
        "why": c.why,
        "proposed_by": c.proposed_by.username,
        "proposed_at": c.proposed_at,
        "applied_at": c.applied_at,
        "steps": [
            {
                "step": step.step,
                "by": step.by.username,
                "at": step.at,
                "why": None if line.reason is None else step.why,
            }
            for step in line.steps
        ],
    }


def one_of_each_bundle(rows: QuerySet[Correction]) -> QuerySet[Correction]:
    """One correction for each bundle among these, so that a list shows a recode as one."""
    earlier = rows.filter(bundle=OuterRef("bundle"), pk__lt=OuterRef("pk"))
    return rows.exclude(Exists(earlier))


def first_of_bundles(
    rows: QuerySet[Correction], bundles: Iterable[UUID], most: int
) -> list[Correction]:
    """At most so many of each bundle, among these."""
    number = Window(RowNumber(), partition_by=F("bundle"), order_by=["proposed_at", "pk"])
    found = rows.filter(bundle__in=list(bundles)).annotate(number=number).filter(number__lte=most)
    return list(found.select_related("form", "proposed_by").order_by("proposed_at", "pk"))


def read_uuid(name: str, text: str) -> UUID:
    """Raises `Problem("value_invalid")`."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem("value_invalid", field=name, reason=Said("is no id")) from None
