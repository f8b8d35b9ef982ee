"""A week in the field, small: who registers whom, what is sent twice, in parts, edited, served.

The same seed plays the same week, so that playing it again adds nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from random import Random

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.family import Family, make_family
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from sync.fieldwork.tablet import Answer, Record, ServerSurprise, Tablet

REGISTRATION, SERVICE, FOLLOWUP = "rmp_registration", "rmp_service", "rmp_followup"
OFFSET_HOURS = {"KG": 6, "TJ": 5}
LIST_SECONDS = 90.0  # how long the household list may lag behind the registrations

Forms = dict[str, Questionnaire]


@dataclass(slots=True)
class Tally:
    """What was sent and how the server answered."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)

    def note(self, what: str, answer: Answer, *, expected: Sequence[int] = (201, 202)) -> None:
        self.answers[what, answer.status] += 1
        if answer.status not in expected:
            self.surprises.append(f"{what}: {answer.status} {answer.words}".strip())


@dataclass(frozen=True, slots=True)
class Household:
    """A family of the week: its running number, and the tablet that visits it."""

    number: int
    key: str
    family: Family
    tablet: int

    @property
    def entity_id(self) -> str:
        return id_for(f"{self.key}/entity")

    def clock(self, day: date) -> datetime:
        """When the tablet that visits it says the interview began."""
        minutes = Random(f"{self.key}/{day}").randint(8 * 60, 17 * 60)
        zone = timezone(timedelta(hours=OFFSET_HOURS[self.family.country]))
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        return midnight + timedelta(minutes=minutes)


def play_season(
    tablets: Sequence[Tablet],
    *,
    households: int,
    seed: int,
    monday: date,
    say: Callable[[str], None] = lambda _line: None,
) -> Tally:
    """Registrations from Monday to Friday, services and follow-ups on Saturday.

    Raises ServerSurprise when a form cannot be had or the household list stays behind.
    """
    forms = [tablet.fetch_forms() for tablet in tablets]
    say(f"{len(tablets)} tablets hold {', '.join(sorted(forms[0]))}")
    week = _Week(tablets, forms, monday)
    families = make_households(forms[0][REGISTRATION], households, seed, len(tablets))
    sent = {each.number: week.register(each) for each in families}
    say(f"{len(sent)} registrations sent")
    consenting = [each for each in families if each.family.consents]
    for each in families[::10]:
        week.send_again(each, sent[each.number])
    for each in consenting[3:4]:
        week.edit(each, sent[each.number])
    for each in consenting[7:9]:
        week.register_elsewhere(each)
    week.forms = wait_for_list(tablets, {each.entity_id for each in consenting})
    say("every consenting household is on the household list")
    for index, each in enumerate(consenting[::3]):
        week.serve(each, "legal" if index % 5 == 2 else "livelihood")
    for each in consenting[1::5]:
        week.follow_up(each)
    return week.tally


def make_households(form: Questionnaire, count: int, seed: int, tablets: int) -> list[Household]:
    """The families of a seed over the form's villages; two tablets mean one for each country."""
    villages = villages_of(form)
    countries = sorted({village.country for village in villages})
    households = []
    for number in range(count):
        key = f"{seed}/{number}"
        rng = Random(key)
        country = countries[number % len(countries)]
        village = rng.choice([each for each in villages if each.country == country])
        family = make_family(rng, village=village, number=seed * 1000 + number)
        households.append(Household(number, key, family, number % tablets))
    return households


def wait_for_list(tablets: Sequence[Tablet], entity_ids: set[str]) -> list[Forms]:
    """The forms again, once every tablet's household list names these households."""
    until = time.monotonic() + LIST_SECONDS
    while True:
        forms = [tablet.fetch_forms() for tablet in tablets]
        held = [{row["name"] for row in each[SERVICE].rows("households")} for each in forms]
        missing = max(len(entity_ids - names) for names in held)
        if not missing:
            return forms
        if time.monotonic() > until:
            raise ServerSurprise(f"{missing} households never came onto the household list")
        time.sleep(0.5)


class _Week:
    """The tablets at work; each method is one thing that happens in the field."""

    def __init__(self, tablets: Sequence[Tablet], forms: list[Forms], monday: date) -> None:
        self.tablets = tablets
        self.forms = forms
        self.monday = monday
        self.tally = Tally()

    def register(self, household: Household) -> Record:
        """Every twelfth arrives in parts, every sixth signs with a photo of 60 KB."""
        photo = 60_000 if household.number % 6 == 0 else 0
        record = self._interview(REGISTRATION, household, key=household.key, photo_bytes=photo)
        tablet = self.tablets[household.tablet]
        if household.number % 12 == 5:
            for answer in tablet.send_split(record):
                self.tally.note("registration in parts", answer)
        else:
            self.tally.note("registration", tablet.send(record))
        return record

    def send_again(self, household: Household, record: Record) -> None:
        """The answer was lost on the way: the tablet sends the whole record again (S10)."""
        answer = self.tablets[household.tablet].send(record)
        self.tally.note("the same again", answer, expected=(202,))

    def edit(self, household: Household, record: Record) -> None:
        """A correction on the tablet; unchanged files are not sent again (S14)."""
        edited = self._interview(
            REGISTRATION,
            household,
            key=household.key,
            deprecated_id=record.instance_id,
            given={"comments": "Исправлено после звонка"},
        )
        changed = {"audit.csv": edited.attachments["audit.csv"]}
        answer = self.tablets[household.tablet].send(replace(edited, attachments=changed))
        self.tally.note("an edit", answer)

    def register_elsewhere(self, household: Household) -> None:
        """Another partner registers the family too, and an older form let the card be typed
        as `kg 06 00123`."""
        card = household.family.card_no
        elsewhere = replace(household, tablet=(household.tablet + 1) % len(self.tablets))
        record = self._interview(REGISTRATION, elsewhere, key=f"{household.key}/elsewhere")
        typed = record.xml.replace(card.encode(), card.replace("-", " ").lower().encode())
        answer = self.tablets[elsewhere.tablet].send(replace(record, xml=typed))
        self.tally.note("the same family twice", answer)

    def serve(self, household: Household, kind: str) -> None:
        """One service to one person; legal aid updates no entity."""
        self._visit(SERVICE, household, {"service_kind": kind})

    def follow_up(self, household: Household) -> None:
        self._visit(FOLLOWUP, household, {"round": "mid"})

    def _visit(self, form_id: str, household: Household, given: dict[str, str]) -> None:
        record = self._interview(
            form_id,
            household,
            key=f"{household.key}/{form_id}",
            day=5,
            given={**given, "household": household.entity_id},
        )
        answer = self.tablets[household.tablet].send(record)
        self.tally.note(form_id.removeprefix("rmp_"), answer)

    def _interview(
        self,
        form_id: str,
        household: Household,
        *,
        key: str,
        day: int | None = None,
        given: dict[str, str] | None = None,
        deprecated_id: str = "",
        photo_bytes: int = 0,
    ) -> Record:
        weekday = household.number % 5 if day is None else day
        return hold_interview(
            self.forms[household.tablet][form_id],
            household.family,
            key=key,
            started=household.clock(self.monday + timedelta(days=weekday)),
            device_id=self.tablets[household.tablet].device_id,
            given=given,
            deprecated_id=deprecated_id,
            photo_bytes=photo_bytes,
        )
