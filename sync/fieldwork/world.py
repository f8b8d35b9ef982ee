"""The season as it will be: which tablets there are and who does what on which day.

Tablets stand in pairs that share a district, one with Collect and one with our own collector, so
that two of them know, visit and sometimes register the same households. The same seed makes the
same season.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from random import Random

from sync.fieldwork.family import Family, Village, make_family
from sync.fieldwork.interview import id_for

FIRST_DAY = date(2014, 6, 2)
OFFSET_HOURS = {"KG": 6, "TJ": 5}
# What clocks say too much: most are right, some lost hours, days or years.
CLOCKS = (
    *([timedelta(0)] * 5),
    timedelta(minutes=-3),
    timedelta(hours=7),
    timedelta(days=-12),
    timedelta(days=31),
    timedelta(days=1461),
)


class Speaks(StrEnum):
    OPENROSA = "openrosa"
    JSON = "json"


class Kind(StrEnum):
    """What a tablet does at a household."""

    REGISTER = "registration"
    REGISTER_AGAIN = "the same family twice"
    EDIT = "an edit"
    SERVE = "service"
    LEGAL = "legal aid"
    FOLLOW_UP = "follow-up"


class Fate(StrEnum):
    """What the office does to a tablet in mid-season, or what the tablet does to itself."""

    NONE = ""
    ROTATED = "gets another token and goes on with the old one for days"
    REVOKED = "is revoked with records aboard"
    MOVED = "is moved to another district"
    FORGETFUL = "loses its cursor"


UNLUCKY = (
    *(Fate.NONE, Fate.FORGETFUL, Fate.ROTATED, Fate.MOVED),
    *(Fate.REVOKED, Fate.ROTATED, Fate.MOVED, Fate.REVOKED),
)


@dataclass(frozen=True, slots=True)
class Household:
    """A family of the season and the pair of tablets that knows it; `key` makes its ids."""

    key: str
    family: Family

    @property
    def entity_id(self) -> str:
        return id_for(f"{self.key}/entity")


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do; `number` tells the visits of a household apart."""

    kind: Kind
    household: Household
    number: int = 0


@dataclass(frozen=True, slots=True)
class TabletPlan:
    """One tablet: where it works, how wrong its clock is, on which days it finds a network."""

    number: int
    speaks: Speaks
    district: str
    country: str
    clock: timedelta
    online: frozenset[int]
    keeps_old_forms: bool
    fate: Fate

    def now(self, day: int, minutes: int) -> datetime:
        """What its clock says so many minutes into a day of the season."""
        zone = timezone(timedelta(hours=OFFSET_HOURS[self.country]))
        midnight = datetime.combine(FIRST_DAY + timedelta(days=day), time(), zone)
        return midnight + timedelta(minutes=minutes) + self.clock


@dataclass(frozen=True, slots=True)
class World:
    tablets: Sequence[TabletPlan]
    days: int
    jobs: Mapping[tuple[int, int], Sequence[Job]]  # by tablet and day


def plan_world(
    villages: Sequence[Village], *, season: str, tablets: int, days: int, households: int, card: int
) -> World:
    """`season` makes all ids; card numbers count up from `card`."""
    by_district = _by_district(villages)
    plans = _plan_tablets(Random(f"{season}/tablets"), by_district, tablets, days)
    jobs: dict[tuple[int, int], list[Job]] = defaultdict(list)
    for number in range(households):
        rng = Random(f"{season}/{number}")
        home = plans[number % tablets]
        village = rng.choice(by_district[home.district])
        family = make_family(rng, village=village, number=card + number)
        household = Household(f"{season}/{number}", family)
        for tablet, day, job in _plan_household(rng, household, home.number, tablets, days):
            jobs[tablet, day].append(job)
    return World(plans, days, jobs)


def _by_district(villages: Sequence[Village]) -> dict[str, list[Village]]:
    found: dict[str, list[Village]] = defaultdict(list)
    for village in villages:
        found[village.district].append(village)
    return dict(sorted(found.items()))


def _plan_tablets(
    rng: Random, by_district: Mapping[str, Sequence[Village]], count: int, days: int
) -> list[TabletPlan]:
    districts = list(by_district)
    rng.shuffle(districts)
    # The unlucky ones are the first, so that a small season has them too.
    fates = dict(enumerate(UNLUCKY))
    plans = []
    for number in range(count):
        district = districts[number // 2 % len(districts)]
        rhythm = rng.choice((1, 1, 1, 2, 3, 7, days))
        plans.append(
            TabletPlan(
                number=number,
                speaks=Speaks.JSON if number % 2 else Speaks.OPENROSA,
                district=district,
                country=by_district[district][0].country,
                clock=rng.choice(CLOCKS),
                online=frozenset(day for day in range(days) if (day + number) % rhythm == 0),
                keeps_old_forms=rng.random() < 0.3,
                fate=fates.get(number % 40, Fate.NONE),
            )
        )
    return plans


def _plan_household(
    rng: Random, household: Household, home: int, tablets: int, days: int
) -> Iterator[tuple[int, int, Job]]:
    """Tablet, day and job: registered at home, visited by either tablet of the pair or by both."""
    partner = home ^ 1 if home ^ 1 < tablets else home
    born = rng.randrange(days)
    yield home, born, Job(Kind.REGISTER, household)
    if partner != home and rng.random() < 0.04:
        yield partner, rng.randrange(born, days), Job(Kind.REGISTER_AGAIN, household)
    if not household.family.consents:
        return
    for number in range(rng.choice((0, 1, 1, 2, 3))):
        day = rng.randrange(born, days)
        kind = rng.choices((Kind.SERVE, Kind.LEGAL, Kind.FOLLOW_UP), (60, 15, 25))[0]
        visitors = rng.choice(((home,), (home,), (partner,), (home, partner)))
        for visitor in dict.fromkeys(visitors):
            yield visitor, day, Job(kind, household, number)
    if rng.random() < 0.08:
        yield home, rng.randrange(born, days), Job(Kind.EDIT, household)
