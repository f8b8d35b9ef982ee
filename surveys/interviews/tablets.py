"""What the field board says of a tablet. `sync` knows the tablets and stands above: it is asked
through the name that `backend/home.py` has."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.module_loading import import_string

from backend.accounts.models import User
from backend.home import TABLETS

LOW_BATTERY = 20  # percent
CLOCK_OFF = 300  # seconds: more than that is worth a telephone call


@dataclass(frozen=True, slots=True)
class Tablet:
    """None where it has not said. `forms_outdated`: ids of the forms it holds in an old version;
    `app_outdated`: another tablet has a newer version of the same app; `clock_off`: seconds, its
    clock minus ours.
    """

    id: int
    name: str
    last_seen_at: datetime | None
    is_overdue: bool
    unsent: int | None
    oldest_unsent_at: datetime | None
    app: str
    app_outdated: bool
    forms_outdated: tuple[str, ...]
    battery: int | None
    clock_off: int | None

    @property
    def battery_is_low(self) -> bool:
        return self.battery is not None and self.battery < LOW_BATTERY

    @property
    def clock_is_off(self) -> bool:
        return self.clock_off is not None and abs(self.clock_off) > CLOCK_OFF

    @property
    def is_troubled(self) -> bool:
        """Whether somebody should look; a low battery or a few unsent records are everyday."""
        return (
            self.is_overdue or self.clock_is_off or self.app_outdated or bool(self.forms_outdated)
        )


def tablets_for(user: User) -> list[Tablet]:
    """The tablets in use that work in the user's places, those that need a call first."""
    found: list[Tablet] = import_string(TABLETS)(user)
    return found
