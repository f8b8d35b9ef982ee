"""CHECKS: every quality check with its parameters, how grave it is and who looks first. Pure.

To add one: a function in `checks/`, its line here, its words in `words.py`, a test, and a line in
docs/data-quality.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from surveys.quality.checks import (
    asking,
    consent,
    even,
    identity,
    income,
    pattern,
    place,
    roster,
    rounds,
    timing,
    values,
)
from surveys.quality.facts import Finding

SERIOUS, WARNING, NOTE = "serious", "warning", "note"
SEVERITIES = (SERIOUS, WARNING, NOTE)
ENUMERATOR, SUPERVISOR, MANAGER = "enumerator", "supervisor", "manager"
OWNERS = (ENUMERATOR, SUPERVISOR, MANAGER)
ARRIVAL, NIGHT = "arrival", "night"
GROUPS = (
    *("duplicates", "versions", "outliers", "constraints", "logic", "time", "place", "consent"),
    "patterns",
)
NONE = timing.NoLimits()


@dataclass(frozen=True, slots=True)
class Check:
    """`when`: on arrival (and every night) it sees one record; at night only, all of them.

    `reads`: questions beside that of the flag of which a flag tells something; who may not see
    these is told no more than `surveys/privacy/flags.py` allows.
    """

    code: str
    group: str
    find: Callable[..., Iterator[Finding]]
    limits: Any
    severity: str
    owner: str
    when: str = ARRIVAL
    enabled: bool = True
    reads: tuple[str, ...] = ()

    def parameters(self) -> dict[str, float]:
        """Name → value, as it stands."""
        return {each.name: getattr(self.limits, each.name) for each in fields(self.limits)}

    def adjusted(
        self,
        *,
        parameters: Mapping[str, float],
        severity: str,
        owner: str,
        enabled: bool,
    ) -> "Check":
        """The check as a manager set it; parameters that it does not have any more are left out."""
        known = {name: value for name, value in parameters.items() if name in self.parameters()}
        limits = replace(self.limits, **known)
        return replace(self, limits=limits, severity=severity, owner=owner, enabled=enabled)


CHECKS: tuple[Check, ...] = (
    Check("card_repeated", "duplicates", identity.card_repeated, identity.Households(),
          SERIOUS, SUPERVISOR, NIGHT),
    Check("document_repeated", "duplicates", identity.document_repeated, identity.Households(),
          SERIOUS, SUPERVISOR, NIGHT),
    Check("phone_repeated", "duplicates", identity.phone_repeated, identity.Phones(),
          WARNING, SUPERVISOR, NIGHT),
    Check("gps_repeated", "duplicates", place.gps_repeated, place.Same(),
          WARNING, SUPERVISOR, NIGHT),
    Check("nearly_identical", "duplicates", pattern.nearly_identical, pattern.Alike(),
          SERIOUS, MANAGER, NIGHT),
    Check("value_outlying", "outliers", values.value_outlying, values.Outlying(),
          WARNING, SUPERVISOR, NIGHT),
    Check("income_unit_slip", "outliers", income.income_unit_slip, income.Slip(),
          WARNING, SUPERVISOR, NIGHT),
    Check("value_impossible", "constraints", values.value_impossible, NONE, SERIOUS, ENUMERATOR),
    Check("value_unusual", "constraints", values.value_unusual, values.Usual(),
          NOTE, SUPERVISOR),
    Check("roster_incomplete", "logic", roster.roster_incomplete, NONE, WARNING, ENUMERATOR),
    Check("head_missing", "logic", roster.head_missing, NONE, WARNING, ENUMERATOR),
    Check("heads_several", "logic", roster.heads_several, NONE, WARNING, ENUMERATOR),
    Check("head_differs", "logic", roster.head_differs, roster.Births(), WARNING, ENUMERATOR),
    Check("generations_crossed", "logic", roster.generations_crossed, roster.Generations(),
          WARNING, ENUMERATOR),
    Check("married_young", "logic", roster.married_young, roster.Marriage(), NOTE, SUPERVISOR),
    Check("size_changed", "logic", roster.size_changed, roster.Change(), WARNING, SUPERVISOR),
    Check("income_none", "logic", income.income_none, NONE, WARNING, SUPERVISOR),
    Check("income_sum_differs", "logic", income.income_sum_differs, income.Rounding(),
          SERIOUS, MANAGER),
    Check("income_row_missing", "logic", income.income_row_missing, NONE, WARNING, ENUMERATOR),
    Check("currency_foreign", "logic", income.currency_foreign, NONE, SERIOUS, ENUMERATOR),
    Check("spending_beyond_income", "logic", income.spending_beyond_income, income.Spending(),
          NOTE, SUPERVISOR, reads=("income_sources", "inc_amount")),
    Check("food_beyond_spending", "logic", income.food_beyond_spending, NONE,
          SERIOUS, ENUMERATOR, reads=("exp_total",)),
    Check("remittance_unnamed", "logic", income.remittance_unnamed, NONE, NOTE, ENUMERATOR),
    Check("remittance_from_nobody", "logic", income.remittance_from_nobody, NONE,
          NOTE, ENUMERATOR),
    Check("income_changed", "logic", income.income_changed, income.Against(),
          WARNING, SUPERVISOR, NIGHT),
    Check("head_sex_changed", "logic", rounds.head_sex_changed, NONE, WARNING, SUPERVISOR, NIGHT),
    Check("service_before_registration", "logic", rounds.service_before_registration,
          rounds.Before(), WARNING, SUPERVISOR, NIGHT),
    Check("visited_before_registration", "logic", rounds.visited_before_registration, NONE,
          WARNING, SUPERVISOR, NIGHT),
    Check("person_not_listed", "logic", rounds.person_not_listed, NONE,
          WARNING, ENUMERATOR, NIGHT),
    Check("interview_short", "time", timing.interview_short, timing.Shortest(),
          WARNING, SUPERVISOR),
    Check("interview_long", "time", timing.interview_long, timing.Longest(), NOTE, SUPERVISOR),
    Check("interview_at_night", "time", timing.interview_at_night, timing.Night(),
          WARNING, SUPERVISOR),
    Check("interview_on_sunday", "time", timing.interview_on_sunday, NONE,
          NOTE, SUPERVISOR, enabled=False),
    Check("sent_late", "time", timing.sent_late, timing.Delay(), NOTE, SUPERVISOR),
    Check("interviews_overlap", "time", timing.interviews_overlap, NONE,
          SERIOUS, SUPERVISOR, NIGHT),
    Check("pause_short", "time", timing.pause_short, timing.Pause(), NOTE, SUPERVISOR, NIGHT),
    Check("too_fast_questions", "time", asking.too_fast_questions, asking.Fast(),
          WARNING, SUPERVISOR, NIGHT),
    Check("active_too_short", "time", asking.active_too_short, asking.Active(),
          WARNING, SUPERVISOR, NIGHT),
    Check("long_pause", "time", asking.long_pause, asking.LongPause(), NOTE, SUPERVISOR, NIGHT),
    Check("gps_missing", "place", place.gps_missing, NONE, NOTE, ENUMERATOR),
    Check("gps_vague", "place", place.gps_vague, place.Vague(), NOTE, ENUMERATOR),
    Check("gps_unmeasured", "place", place.gps_unmeasured, NONE, WARNING, SUPERVISOR),
    Check("gps_far", "place", place.gps_far, place.Far(), WARNING, SUPERVISOR, NIGHT),
    Check("gps_outside", "place", place.gps_outside, place.Outside(), WARNING, SUPERVISOR, NIGHT),
    Check("tablet_abroad", "place", place.tablet_abroad, place.Countries(),
          WARNING, MANAGER, NIGHT),
    Check("travel_fast", "place", place.travel_fast, place.Speed(), SERIOUS, SUPERVISOR, NIGHT),
    Check("consent_missing", "consent", consent.consent_missing, NONE, SERIOUS, MANAGER),
    Check("consent_contradicted", "consent", consent.consent_contradicted, NONE,
          SERIOUS, MANAGER),
    Check("not_in_private", "consent", consent.not_in_private, NONE, WARNING, SUPERVISOR,
          reads=("legal_need",)),
    Check("call_unsafe", "consent", consent.call_unsafe, NONE, WARNING, ENUMERATOR,
          reads=("phone",)),
    Check("straight_line", "patterns", pattern.straight_line, pattern.Items(),
          WARNING, SUPERVISOR),
    Check("staples_never", "patterns", pattern.staples_never, pattern.Items(),
          WARNING, ENUMERATOR),
    Check("coping_contradicts", "patterns", pattern.coping_contradicts, pattern.Items(),
          WARNING, ENUMERATOR),
    Check("unknown_much", "patterns", pattern.unknown_much, pattern.Unknowns(),
          WARNING, SUPERVISOR),
    Check("too_even", "patterns", even.too_even, even.Even(), WARNING, MANAGER, NIGHT),
)  # fmt: skip
BY_CODE = {check.code: check for check in CHECKS}

# What is found while a record is read (surveys/cleaning): code → group, severity, owner.
READ: Mapping[str, tuple[str, str, str]] = {
    "value_unreadable": ("constraints", WARNING, ENUMERATOR),
    "choice_unknown": ("constraints", WARNING, MANAGER),
    "offset_missing": ("time", NOTE, MANAGER),
    "node_unknown": ("versions", NOTE, MANAGER),
    "node_repeated": ("versions", WARNING, MANAGER),
    "version_unknown": ("versions", SERIOUS, MANAGER),
    "encrypted": ("versions", SERIOUS, MANAGER),
    "edit_conflict": ("duplicates", WARNING, SUPERVISOR),
    "attachment_missing": ("constraints", NOTE, ENUMERATOR),
    "outside_round": ("place", WARNING, SUPERVISOR),
    "round_closed": ("time", NOTE, MANAGER),
    "collected_after_close": ("time", WARNING, SUPERVISOR),
    "round_not_open": ("time", NOTE, MANAGER),
    "form_retired": ("versions", NOTE, MANAGER),
    "version_retired": ("versions", WARNING, MANAGER),
    "version_old": ("versions", WARNING, SUPERVISOR),
    "place_merged": ("place", NOTE, MANAGER),
    "card_malformed": ("constraints", WARNING, ENUMERATOR),
    "clock_early": ("time", WARNING, SUPERVISOR),
    "clock_ahead": ("time", WARNING, SUPERVISOR),
    "clock_backwards": ("time", WARNING, SUPERVISOR),
}


def group_of(code: str) -> str:
    """ "" of a code that nobody knows any more."""
    check = BY_CODE.get(code)
    return check.group if check else READ.get(code, ("", "", ""))[0]
