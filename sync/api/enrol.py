"""What a tablet is told when it enrols: who it is now, and what it is to work on (`sync.md` 1)."""

from typing import Any

from django.utils import timezone

from surveys.places.models import Place
from surveys.rounds.models import Survey
from sync.enrol import Enrolled


def introduce(enrolled: Enrolled) -> dict[str, Any]:
    """The answer to `POST enrol`; the token cannot be had again.

    A tablet without rounds of its own works for every survey, one without places everywhere.
    """
    device = enrolled.device
    rounds = device.assignments.values("round")
    surveys = Survey.objects.order_by("code")
    own = surveys.filter(rounds__in=rounds).distinct() if rounds.exists() else surveys
    return {
        "device_id": device.pk,
        "token": enrolled.token,
        "server_time": timezone.now(),
        "survey": list(own.values("code", "name")),
        "places": [_place(place) for place in device.places.all()],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "code": place.code,
        "name": place.name_en,
        "name_local": place.name_local,
        "level": place.level,
    }
