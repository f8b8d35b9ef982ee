"""Which tablets a form is offered to, and which version each says it holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from backend.accounts.models import User
from surveys.privacy.access import places_for
from surveys.rounds.close import LISTED_AFTER_CLOSE
from surveys.xforms.models import Form
from sync.models import Assignment, Device


@dataclass(frozen=True, slots=True)
class Getting:
    """`holds` is the version the tablet said it has; empty where it said none."""

    device: Device
    holds: str
    is_current: bool


def tablets_of(form: Form, user: User) -> Iterator[Getting]:
    """Tablets of the user's places that the form list offers the form to, by name.

    The rule of `sync.openrosa.listing.FORMS`, turned round. None where the form is off the list.
    """
    over = form.round is not None and form.round.is_closed_longer(LISTED_AFTER_CLOSE)
    if form.retired_at is not None or form.current is None or over:
        return
    devices = Device.objects.active().within(places_for(user))
    if form.round_id is not None:
        theirs = Assignment.objects.filter(device=OuterRef("pk"))
        named = Exists(theirs.filter(round=form.round_id))
        devices = devices.filter(Q(named) | ~Exists(theirs))
    for device in devices:
        held = (each["version"] for each in device.forms if each["form_id"] == form.form_id)
        version = str(next(held, ""))
        yield Getting(device, version, version == form.current.version)
