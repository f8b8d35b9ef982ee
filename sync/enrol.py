"""Enrolling a tablet, and what happens to its access afterwards.

Tokens, passwords and codes are shown once; only digests are kept. What a QR code says of them
stands in `sync.qr`.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.tokens import new_token, token_digest
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.places.models import Place
from surveys.rounds.models import Round
from sync.auth import forget_callers
from sync.digest import hash_password
from sync.guesses import demand_patience, note_wrong_guess
from sync.models import Assignment, Device, DeviceToken, EnrolmentCode

# Letters and digits that nobody mistakes for one another on paper; 31 of them.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_GROUPS, CODE_GROUPS = (5, 5, 5), (4, 4, 4)  # 74 and 59 bits


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device and its token, which cannot be shown again."""

    device: Device
    token: str

    def server_url(self, origin: str) -> str:
        """What a tablet's settings call the server: everything it does hangs below it (A1)."""
        return f"{origin.rstrip('/')}/key/{self.token}"


@transaction.atomic
def enrol_device(
    *,
    name: str,
    place_codes: Iterable[str] = (),
    round_codes: Iterable[str] = (),
    by: User | None = None,
) -> Enrolled:
    """Makes a device that may fetch forms and send. Raises place_unknown, round_unknown."""
    places = [Place.objects.all().find(code) for code in place_codes]
    rounds = [_round(code) for code in round_codes]
    device = Device.objects.create(name=name)
    device.places.set(places)
    Assignment.objects.bulk_create(Assignment(device=device, round=each) for each in rounds)
    log_event("device.enrolled", by=by, device_id=device.pk, target=device)
    return Enrolled(device, _give_token(device))


@transaction.atomic
def rotate_token(*, device: Device, by: User | None = None) -> str:
    """A new token; the old ones may still push for TOKEN_GRACE_DAYS (C4).

    Raises Problem("device_revoked").
    """
    if _locked(device).revoked_at is not None:
        raise Problem("device_revoked")
    device.tokens.filter(replaced_at=None).update(replaced_at=timezone.now())
    log_event("device.token_rotated", by=by, device_id=device.pk, target=device)
    transaction.on_commit(forget_callers)
    return _give_token(device)


@transaction.atomic
def set_password(*, device: Device, by: User | None = None) -> tuple[str, str]:
    """A user name and a new password, for clients that take no token (A3, C5).

    The name stays, so that the tablet's project does (C4); the password before ends at once.
    Raises Problem("device_revoked").
    """
    locked = _locked(device)
    if locked.revoked_at is not None:
        raise Problem("device_revoked")
    password = _readable(PASSWORD_GROUPS)
    device.user_name = locked.user_name or _free_user_name(locked)
    device.ha1 = hash_password(device.user_name, password)
    device.save(update_fields=["user_name", "ha1"])
    log_event("device.password_set", by=by, device_id=device.pk, target=device)
    transaction.on_commit(forget_callers)
    return device.user_name, password


@transaction.atomic
def revoke_device(*, device: Device, by: User | None = None) -> None:
    """Ends a device's access, everywhere within half a minute. Safe to run twice.

    What it sends for TOKEN_GRACE_DAYS is kept apart, for a manager to admit (A5).
    """
    locked = _locked(device)
    if locked.revoked_at is None:
        locked.revoke()
        locked.save(update_fields=["revoked_at"])
        log_event("device.revoked", by=by, device_id=device.pk, target=device)
    device.revoked_at = locked.revoked_at
    transaction.on_commit(forget_callers)


@transaction.atomic
def restore_device(*, device: Device, by: User | None = None) -> None:
    """Gives a device its access back, by the tokens and the password it had. Safe to run twice."""
    if _locked(device).revoked_at is not None:
        Device.objects.filter(pk=device.pk).update(revoked_at=None)
        log_event("device.restored", by=by, device_id=device.pk, target=device)
    device.revoked_at = None
    transaction.on_commit(forget_callers)


@transaction.atomic
def make_enrolment_code(*, device: Device, by: User | None = None) -> str:
    """A code with which a tablet fetches its own token, once, within 72 hours.

    Codes made before and not used end. Raises Problem("device_revoked").
    """
    if _locked(device).revoked_at is not None:
        raise Problem("device_revoked")
    now = timezone.now()
    code = _readable(CODE_GROUPS)
    device.codes.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    EnrolmentCode.objects.create(
        device=device, digest=_code_digest(code), expires_at=now + EnrolmentCode.LIFE
    )
    log_event("device.code_made", by=by, device_id=device.pk, target=device)
    return code


@transaction.atomic
def use_enrolment_code(
    *, code: str, name: str = "", app: str = "", platform: str = "", address: str = ""
) -> Enrolled:
    """The device of the code, and a new token; tokens it had are replaced as by `rotate_token`.

    The name that the tablet gives itself is kept only where the office gave none. `address` is
    where the code comes from. Raises code_invalid for a code that is unknown, used or too old, and
    too_many_requests after ten of those in a minute.
    """
    demand_patience(address)
    now = timezone.now()
    valid = EnrolmentCode.objects.filter(used_at=None, expires_at__gt=now, device__revoked_at=None)
    found = valid.select_for_update(of=("self",)).filter(digest=_code_digest(code)).first()
    if found is None:
        note_wrong_guess(address)
        raise Problem("code_invalid")
    found.used_at = now
    found.save(update_fields=["used_at"])
    device = _locked(found.device)
    device.name = device.name or name[:120]
    device.app, device.platform = app[:120], platform[:120]
    device.save(update_fields=["name", "app", "platform"])
    device.tokens.filter(replaced_at=None).update(replaced_at=now)
    log_event("device.code_used", device_id=device.pk, target=device)
    transaction.on_commit(forget_callers)
    return Enrolled(device, _give_token(device))


def _locked(device: Device) -> Device:
    """Two changes of one device's access wait for each other."""
    return Device.objects.select_for_update().get(pk=device.pk)


def _give_token(device: Device) -> str:
    token = new_token()
    DeviceToken.objects.create(device=device, digest=token_digest(token))
    return token


def _round(code: str) -> Round:
    found = Round.objects.filter(code=code).first()
    if found is None:
        raise Problem("round_unknown", round=code)
    return found


def _free_user_name(device: Device) -> str:
    """`tablet` and a number: short to type, and nobody's account."""
    name = f"tablet{device.pk}"
    while User.objects.filter(username=name).exists():
        name += secrets.choice(READABLE)
    return name


def _readable(groups: Iterable[int]) -> str:
    return "-".join("".join(secrets.choice(READABLE) for _ in range(size)) for size in groups)


def _code_digest(code: str) -> str:
    """However it was typed: with or without hyphens, in capitals."""
    return token_digest("".join(letter for letter in code.lower() if letter.isalnum()))
