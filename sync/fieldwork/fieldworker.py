"""An enumerator with a tablet, whatever it speaks: does the day's work and keeps an outbox.

Nothing here touches the network. What the tablet will be told of each record, it notes in its
Parcel; that is what it believes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.declared import Declared, read_declared
from sync.fieldwork.holdings import Held, Holdings
from sync.fieldwork.interview import hold_interview
from sync.fieldwork.posts import Record
from sync.fieldwork.world import Job, Kind, TabletPlan

REGISTRATION, SERVICE, FOLLOWUP = "rmp_registration", "rmp_service", "rmp_followup"
FORMS = {Kind.SERVE: SERVICE, Kind.LEGAL: SERVICE, Kind.FOLLOW_UP: FOLLOWUP}
HOUSEHOLDS = "households"


class Belief(StrEnum):
    """What the tablet was told of a record."""

    UNSENT = "unsent"
    SAFE = "safe"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(slots=True)
class Parcel:
    """A finished record on the tablet. `declared` is what it asks of the household list; `files`
    are the SHA-256 of the attachments that the tablet holds to be with the server."""

    record: Record
    kind: Kind
    declared: Declared | None
    before: Held | None = None  # the entity as the tablet held it when the form was filled in
    deprecated_id: str = ""
    belief: Belief = Belief.UNSENT
    words: str = ""
    files: dict[str, str] = field(default_factory=dict)
    answers: bytes | None = None  # sent instead of the XML
    form: Questionnaire | None = None  # the version it was filled with
    outcome: Belief = Belief.UNSENT  # of the record alone, while files are still on their way
    uploads: dict[str, str] = field(default_factory=dict)  # files on their way → where to
    sends: int = 0

    @property
    def instance_id(self) -> str:
        return self.record.instance_id

    def settle(self) -> None:
        """The record is with the server, and no file is left to send."""
        if not self.uploads:
            self.belief = self.outcome

    def believe_file(self, name: str) -> None:
        content = self.record.attachments[name]
        self.files[name] = hashlib.sha256(content).hexdigest()


class Fieldworker:
    """`forms` are those it can fill in now, by form id."""

    def __init__(self, plan: TabletPlan, *, season: str, device_id: str) -> None:
        self.plan = plan
        self.season = season
        self.device_id = device_id
        self.forms: dict[str, Questionnaire] = {}
        self.holdings = Holdings(f"{season}/{plan.number}")
        self.parcels: list[Parcel] = []
        self.skipped = 0
        self.next_token = ""  # what the office has for it, until it uses it
        self._latest: dict[str, tuple[Job, str]] = {}  # key of a registration → its latest edition

    @property
    def outbox(self) -> list[Parcel]:
        return [each for each in self.parcels if each.belief == Belief.UNSENT]

    def work(self, day: int, jobs: Sequence[Job]) -> None:
        """The day's jobs, as far as the tablet has the form and the household."""
        for job in jobs:
            done = self._register(job, day) or self._edit(job, day) or self._visit(job, day)
            self.skipped += not done

    def correct(self, instance_id: str, comment: str, day: int) -> bool:
        """The office sent a record back: answers it with an edit, if this tablet can."""
        for job, latest in self._latest.values():
            if latest == instance_id:
                return self._make(job, day, deprecated_id=latest, given={"comments": comment})
        return False

    def _register(self, job: Job, day: int) -> bool:
        if job.kind not in {Kind.REGISTER, Kind.REGISTER_AGAIN}:
            return False
        return self._make(job, day)

    def _edit(self, job: Job, day: int) -> bool:
        if job.kind != Kind.EDIT or job.household.key not in self._latest:
            return False
        _, latest = self._latest[job.household.key]
        given = {"comments": "Исправлено после звонка"}
        return self._make(replace(job, kind=Kind.REGISTER), day, deprecated_id=latest, given=given)

    def _visit(self, job: Job, day: int) -> bool:
        held = self.holdings.held.get(job.household.entity_id)
        if job.kind not in FORMS or held is None:
            return False
        given = {"household": job.household.entity_id, "card_check": held.properties["card_no"]}
        if job.kind == Kind.FOLLOW_UP:
            given["round"] = "mid"
        else:
            given["service_kind"] = "legal" if job.kind == Kind.LEGAL else "livelihood"
        return self._make(job, day, given=given)

    def _make(
        self, job: Job, day: int, *, given: Mapping[str, str] | None = None, deprecated_id: str = ""
    ) -> bool:
        form = self.forms.get(FORMS.get(job.kind, REGISTRATION))
        if form is None:
            return False
        key = _key(job, self.plan.number)
        rng = Random(f"{key}/{day}")
        if job.kind in FORMS:
            form.put_list(HOUSEHOLDS, self.holdings.rows())
        record = hold_interview(
            form,
            job.household.family,
            key=key,
            started=self.plan.now(day, rng.randint(8 * 60, 17 * 60)),
            device_id=self.device_id,
            given=given,
            deprecated_id=deprecated_id,
            photo_bytes=rng.choice((0, 0, 0, 0, 0, 25_000, 60_000)),
        )
        if job.kind == Kind.REGISTER_AGAIN:
            record = _typed_otherwise(record, job.household.family.card_no)
        declared = read_declared(record.xml, form)
        if deprecated_id:  # unchanged files are not sent again (S14), nor the list changed (E10)
            changed = {"audit.csv": record.attachments["audit.csv"]}
            record = replace(record, attachments=changed)
        before = self.holdings.held.get(declared.id) if declared else None
        if declared is not None and not deprecated_id:
            self.holdings.act(declared)
        self.parcels.append(Parcel(record, job.kind, declared, before, deprecated_id, form=form))
        if job.kind in {Kind.REGISTER, Kind.REGISTER_AGAIN}:
            self._latest[job.household.key] = (job, record.instance_id)
        return True


def _key(job: Job, tablet: int) -> str:
    """What makes the record's answers and ids: the same for all editions of it."""
    if job.kind == Kind.REGISTER:
        return job.household.key
    if job.kind == Kind.REGISTER_AGAIN:
        return f"{job.household.key}/elsewhere"
    return f"{job.household.key}/{job.kind}/{job.number}/{tablet}"


def _typed_otherwise(record: Record, card: str) -> Record:
    """An older form let the card be typed as `kg 06 00123`."""
    typed = card.replace("-", " ").lower()
    return replace(record, xml=record.xml.replace(card.encode(), typed.encode()))
