"""checks_in_force: the catalogue as managers set it; set_check changes one, and that is noted."""

from collections.abc import Mapping
from math import isfinite

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.flags import checked_reason
from surveys.quality.catalog import BY_CODE, CHECKS, OWNERS, SEVERITIES, Check
from surveys.quality.models import CheckSetting

MOST = 1e9


def checks_in_force() -> dict[str, Check]:
    """Code → check, in the order of the catalogue; one query."""
    newest = {s.code: s for s in CheckSetting.objects.order_by("code", "-pk").distinct("code")}
    return {check.code: _as_set(check, newest.get(check.code)) for check in CHECKS}


def settings_of(code: str) -> QuerySet[CheckSetting]:
    """How a check was set before, the newest first."""
    return CheckSetting.objects.filter(code=code).select_related("by").order_by("-pk")[:20]


@transaction.atomic
def set_check(
    *,
    code: str,
    enabled: bool,
    severity: str,
    owner: str,
    parameters: Mapping[str, str],
    by: User,
    reason: str,
) -> Check:
    """Sets a check from now on. `parameters`: numbers as text, of names the check has.

    Raises `Problem`: `check_unknown`, `value_invalid`, `reason_missing`.
    """
    check = BY_CODE.get(code)
    if check is None:
        raise Problem("check_unknown", check=code[:40])
    _one_of("severity", severity, SEVERITIES)
    _one_of("owner", owner, OWNERS)
    reason = checked_reason(reason)
    known = check.parameters()
    numbers = {name: _number(name, text, known) for name, text in parameters.items()}
    setting = CheckSetting.objects.create(
        code=code,
        enabled=enabled,
        severity=severity,
        owner=owner,
        parameters=numbers,
        reason=reason,
        by=by,
    )
    log_event("check.set", by=by, target=setting, code=code, enabled=enabled, parameters=numbers)
    return _as_set(check, setting)


def _as_set(check: Check, setting: CheckSetting | None) -> Check:
    if setting is None:
        return check
    return check.adjusted(
        parameters=setting.parameters,
        severity=setting.severity,
        owner=setting.owner,
        enabled=setting.enabled,
    )


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Problem(
            "value_invalid", field=field, reason=Said("one of {allowed}", allowed=", ".join(known))
        )


def _number(name: str, text: str, known: Mapping[str, float]) -> float:
    if name not in known:
        raise Problem(
            "value_invalid", field=name[:40], reason=Said("the check has no such parameter")
        )
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = -1.0
    if not isfinite(number) or not 0 <= number <= MOST:
        raise Problem("value_invalid", field=name, reason=Said("a number from 0 on"))
    return number
