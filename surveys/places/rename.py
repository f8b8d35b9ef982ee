"""rename_place: a place gets another name, and its old ones are found for ever."""

from datetime import date

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.places.models import Place, PlaceAlias

NAMES = ("name_en", "name_ru", "name_local")


@transaction.atomic
def rename_place(
    *,
    place: Place,
    on: date,
    name_en: str = "",
    name_ru: str = "",
    name_local: str = "",
    by: User | None = None,
) -> None:
    """Gives the names that are not empty; what they replace becomes aliases that end on this day.

    The code stays, so records are not touched. Safe to run twice.
    """
    locked = Place.objects.select_for_update().get(pk=place.pk)
    given = {"name_en": name_en, "name_ru": name_ru, "name_local": name_local}
    wanted = {field: name.strip() or getattr(locked, field) for field, name in given.items()}
    before = {field: getattr(locked, field) for field in NAMES}
    for field, name in wanted.items():
        setattr(locked, field, name)
        setattr(place, field, name)
    _keep(locked, set(before.values()) - {*wanted.values(), ""}, on)
    if before != wanted:
        locked.save(update_fields=NAMES)
        log_event("place.renamed", by=by, target=locked, code=locked.code)


def _keep(place: Place, names: set[str], on: date) -> None:
    """A name that was an alias before keeps the day from which it was in use."""
    PlaceAlias.objects.bulk_create(
        [PlaceAlias(place=place, name=name, valid_to=on) for name in sorted(names)],
        update_conflicts=True,
        unique_fields=["place", "name"],
        update_fields=["valid_to"],
    )
