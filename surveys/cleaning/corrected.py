"""An instance and the log of its corrections → the answers that stand, and what holds. Pure.

The instance is worked out twice, as it came and with the corrections: what differs is what they
change, calculations and what is relevant included. So where this server works something out
otherwise than the tablet did, nothing changes that nobody corrected.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from uuid import UUID

from lxml import etree

from surveys.cleaning.answers import Answers, Plan, read_answers
from surveys.cleaning.fill import Frame
from surveys.cleaning.outline import Outline, local_name
from surveys.cleaning.placing import Fault
from surveys.cleaning.refill import Refilled, lay_out, place_of, refill
from surveys.xforms.questionnaire import Element, Questionnaire

# Why a correction does not hold.
STALE, NOT_ASKED, INVALID, ROW_GONE = "stale", "not_asked", "invalid", "row_gone"
ROW_VANISHES = Fault("", "row_vanishes")


@dataclass(frozen=True, slots=True)
class Change:
    """That one answer is another: its row (by number, the root is 0) and its field's path.

    `old` and `new` are texts as a tablet writes them, "" for no answer.
    """

    key: UUID
    row: int | None  # None: the record has no such row any more
    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a change holds; or why not, with the text that stands there now."""

    why: str = ""
    now: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Form:
    """What is made once for a form version."""

    questionnaire: Questionnaire
    outline: Outline
    plan: Plan


@dataclass(slots=True)
class Standing:
    """A record as its corrections leave it."""

    root: "etree._Element"
    answers: Answers
    verdicts: dict[UUID, Verdict] = field(default_factory=dict)


def correct(
    form: Form,
    root: "etree._Element",
    answers: Answers,
    groups: Sequence[Sequence[Change]],
    frame: Frame,
) -> Standing:
    """Applies groups of changes in their order; those of one group hold together or not at all.

    `answers` are those of `root`, which is not touched. A change holds while the text it replaces
    stands there, the form then still asks the question, and no rule of the form is broken that was
    kept before. None may make a row of a repeat empty or fill an empty one: rows keep their ids.
    """
    if not groups:
        return Standing(root, answers)
    with form.questionnaire.lock:
        correcting = _Correcting(form, root, answers, frame)
        for group in groups:
            correcting.take(group)
        return correcting.finish()


def text_at(form: Form, standing: Standing, row: int, path: str) -> str:
    """The text that stands at a field of a row; "" where there is none."""
    plan, kept = form.plan, standing.answers.rows[row]
    for name in path.split("/"):
        plan = plan.children[name]
    return kept.verbatim.get(plan.key, "").strip()


class _Correcting:
    def __init__(self, form: Form, root: Element, answers: Answers, frame: Frame) -> None:
        self.form, self.root, self.received, self.frame = form, root, answers, frame
        outline = form.outline
        self.rows = [place_of(row.element, root, outline.repeats) for row in answers.rows]
        laid = lay_out(form.questionnaire, outline, root)
        self.asked = set(laid.places.values())
        given = laid.placed.given
        self.texts = {place: given.get(node, "") for node, place in laid.places.items()}
        self.base: Refilled | None = None
        self.last: Refilled | None = None
        self.changes: dict[str, str] = {}  # place → text, of what holds
        self.held: dict[UUID, tuple[str, str]] = {}
        self.verdicts: dict[UUID, Verdict] = {}
        self.standing = Standing(root, answers)

    def take(self, group: Sequence[Change]) -> None:
        places = {change.key: self._place(change) for change in group}
        refused = {c.key: self._refusal(c, places[c.key]) for c in group}
        if any(verdict is not None for verdict in refused.values()):
            for key, verdict in refused.items():
                self.verdicts[key] = verdict or Verdict(STALE, self._now(places[key]))
            return
        wanted = {places[c.key]: c.new for c in group if c.new.strip() != c.old.strip()}
        if wanted and not self._try(group, places, wanted):
            return
        for change in group:
            self.verdicts[change.key] = Verdict()
            self.held[change.key] = (places[change.key], change.new)

    def finish(self) -> Standing:
        """A change whose question a later one made the form not ask does not hold any more."""
        for key, (place, new) in self.held.items():
            is_last = self.changes.get(place) == new
            if is_last and self.last is not None and new and place not in self.last.texts:
                self.verdicts[key] = Verdict(NOT_ASKED)
        self.standing.verdicts = self.verdicts
        return self.standing

    def _place(self, change: Change) -> str:
        if change.row is None or change.row >= len(self.rows):
            return ""
        row, repeat = self.rows[change.row], self.received.rows[change.row].repeat
        below = change.path.removeprefix(repeat).strip("/")
        return f"{row}/{below}".strip("/")

    def _refusal(self, change: Change, place: str) -> Verdict | None:
        if place not in self.asked:
            return Verdict(ROW_GONE)
        now = self._now(place)
        return None if now == change.old.strip() else Verdict(STALE, now)

    def _now(self, place: str) -> str:
        text = self.texts.get(place, "")
        if self.base is not None and self.last is not None:
            before, after = self.base.texts.get(place), self.last.texts.get(place)
            text = text if before == after else after or ""
        return text.strip()

    def _try(
        self, group: Sequence[Change], places: Mapping[UUID, str], wanted: Mapping[str, str]
    ) -> bool:
        """Whether the group holds; then the record stands with it."""
        if self.base is None:
            self.base = self.last = self._refill({})
        assert self.last is not None
        changes = {**self.changes, **wanted}
        after = self._refill(changes)
        known = {(fault.path, fault.code) for fault in self.last.faults}
        known -= {(place, code) for place, code in known if place in wanted}
        faults = tuple(f for f in after.faults if (f.path, f.code) not in known)
        standing = None if faults else self._stand(after)
        if not faults and standing is None:
            faults = (ROW_VANISHES,)
        asked = all(place in after.texts for place, text in wanted.items() if text)
        if faults or not asked:
            why = INVALID if faults else NOT_ASKED
            self.verdicts |= {c.key: Verdict(why, self._now(places[c.key]), faults) for c in group}
            return False
        assert standing is not None
        self.changes, self.last, self.standing = changes, after, standing
        return True

    def _refill(self, changes: Mapping[str, str]) -> Refilled:
        form = self.form
        return refill(form.questionnaire, form.outline, self.root, self.frame, changes)

    def _stand(self, after: Refilled) -> Standing | None:
        """The record with what `after` changes; None if its rows would be others."""
        assert self.base is not None
        root, repeats = deepcopy(self.root), self.form.outline.repeats
        for place in {*self.base.texts, *after.texts}:
            text = after.texts.get(place)
            if text != self.base.texts.get(place):
                _put(root, place, text, self.form.questionnaire.instance)
        answers = read_answers(root, self.form.plan)
        if [place_of(row.element, root, repeats) for row in answers.rows] != self.rows:
            return None
        for row, was in zip(answers.rows, self.received.rows, strict=True):
            row.received = was.verbatim
        answers.restricted |= self.received.restricted
        return Standing(root, answers)


def _put(root: Element, place: str, text: str | None, template: Element) -> None:
    """Writes a text, or takes the question out where it is None."""
    node = root
    for step in place.split("/"):
        name, _, number = step.rstrip("]").partition("[")
        template = next(e for e in template.iterchildren("*") if local_name(e) == name)
        found = [e for e in node.iterchildren("*") if local_name(e) == name]
        at = int(number or 1) - 1
        if at >= len(found) and text is None:
            return
        node = found[at] if at < len(found) else etree.SubElement(node, template.tag)
    if text is None:
        node.getparent().remove(node)
    else:
        node.text = text
