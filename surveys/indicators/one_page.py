"""What the page of one indicator is filled with: the choices, the figures, what stands beside."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.permissions import may_keep_indicators
from surveys.indicators.answers import sides_json, targets_json
from surveys.indicators.blocks import blocks
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.display import parameter_words, part_words, reasons, side_tables
from surveys.indicators.grouping import DISTRICT
from surveys.indicators.maps import district_maps, pivot_of, whole_districts
from surveys.indicators.names import place_names
from surveys.indicators.past import frozen_lines, history_lines
from surveys.indicators.periods import TO_DATE
from surveys.indicators.read import Asked, Told, may_see_exact
from surveys.indicators.words import GROUPS, MEANINGS, TITLES, word

QUARTERS = ("2014Q1", "2014Q2", "2014Q3", "2014Q4", "2015Q1")


def about(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    definition = asked.definition
    groups = [(name, word(GROUPS, name)) for name in definition.groups]
    return {
        "code": definition.code,
        "title": word(TITLES, definition.code),
        "meaning": word(MEANINGS, definition.code),
        "groups": groups,
        "by": asked.by,
        "choices": _choices(asked.by),
        "query": query,
        "quarters": QUARTERS,
        "periods": (*QUARTERS, TO_DATE),
        "keeps": may_keep_indicators(asked.user),
        "may_see_exact": may_see_exact(asked.user, definition),
        "codes": list(DEFINITIONS),
    }


def _choices(by: tuple[str, ...]) -> list[tuple[str, str]]:
    """The lists to choose groups from, each with its label; a third where three are asked for."""
    labels = (_("Broken down by"), _("and by"), _("and by"))
    return list(zip(labels[: max(2, len(by))], (*by, "", ""), strict=False))


def figures(told: Told, query: dict[str, str]) -> dict[str, Any]:
    asked, run, definition = told.asked, told.run, told.asked.definition
    names = place_names()
    lists = asked.user.sees_legal_aid or not definition.restricted
    kept = {n: v for n, v in query.items() if n in {"period", "from", "until", "states"} and v}
    address = f"{reverse('indicator-households', args=[definition.code])}?{urlencode(kept)}"
    address += "&" if kept else ""
    target = None
    if not asked.by:
        target = targets_json(definition.code).get(query.get("period", ""))
    first = next((f for f in told.figures if f.measure == definition.headline.key), None)
    return {
        **_by_district(told, names),
        "told": told,
        "run": run,
        "blocks": blocks(told, names, address if lists else ""),
        "sides": side_tables(sides_json(told), names),
        "dropped": reasons(told.dropped),
        "left_out": reasons(run.left_out),
        "address": address if lists else "",
        "adds_up": not definition.overlapping.intersection(asked.by),
        "target": target,
        **_reached(first.number if first else None, target),
        "parameters": parameter_words({**run.parameters, **told.result.notes}),
        "limited": asked.codes is not None,
        "history": history_lines(asked) if asked.codes is None else [],
        "frozen": frozen_lines(asked) if asked.codes is None else [],
        "downloads": urlencode(query),
    }


def _reached(number: float | None, target: float | None) -> dict[str, Any]:
    if number is None or not target:
        return {}
    return {"progress": number / target, "reached": part_words(number / target)}


def _by_district(told: Told, names: dict[str, str]) -> dict[str, Any]:
    if DISTRICT not in told.asked.by:
        return {}
    whole = whole_districts(told)
    return {"maps": district_maps(whole), "pivot": pivot_of(told, whole, names)}
