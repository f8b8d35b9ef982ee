"""Households, the unit we follow: who is where. Why, `links.py` keeps."""

import uuid
from collections.abc import Collection

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.households.links import (
    CandidateLink,
    LinkBrake,
    LinkDecision,
    LinkFeature,
    LinkFrequency,
    LinkKey,
    LinkModel,
)
from surveys.households.persons import Person, PersonCandidate, PersonMembership
from surveys.places.models import Place

__all__ = [
    "CandidateLink", "Household", "LinkBrake", "LinkDecision", "LinkFeature", "LinkFrequency",
    "LinkKey", "LinkModel", "Membership", "Person", "PersonCandidate", "PersonMembership",
]  # fmt: skip


class Household(models.Model):
    """A family, founded by the registration that was the first to tell of it.

    `redirect_to` points on when two proved to be one; ids stay valid for ever.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    founder = models.UUIDField(null=True, unique=True)  # a record
    redirect_to = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)  # when its founder arrived
    # Who belongs to it has changed, and entity lists and visits have not followed yet.
    unsettled = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # the queue of those whose entities must follow
            models.Index(fields=["id"], name="household_unsettled", condition=Q(unsettled=True)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def cards(self, households: Collection[uuid.UUID | None]) -> dict[uuid.UUID, list[str]]:
        """Household → the card numbers that its registrations name, sorted."""
        named = self.filter(household__in=households, registers=True).exclude(card="")
        pairs = named.order_by("card").values_list("household_id", "card").distinct()
        found: dict[uuid.UUID, list[str]] = {}
        for household_id, card in pairs:
            if household_id is not None:
                found.setdefault(household_id, []).append(card)
        return found


class Membership(models.Model):
    """What one record says about its household, and which one that is.

    `household` is None while the card or entity it names is not registered yet: it is found when
    the registration arrives. `card` and `entity_id` are kept so that it can be found again.
    """

    class Basis(models.TextChoices):
        REGISTRATION = "registration", _("Its own registration")
        CARD = "card", _("The same card number")
        ENTITY = "entity", _("The form names the household")
        PERSON = "person", _("A person decided it")

    record_id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(
        Household, null=True, on_delete=models.CASCADE, related_name="memberships"
    )
    basis = models.CharField(max_length=12, choices=Basis, blank=True)
    form_id = models.CharField(max_length=200)
    registers = models.BooleanField(default=False)
    card = models.CharField(max_length=60, blank=True)  # normalised
    entity_id = models.UUIDField(null=True)  # the one it makes, or the one it was chosen from

    objects = MembershipQuerySet.as_manager()

    class Meta:
        indexes = [
            # who else names this card or entity, when its registration arrives or moves
            models.Index(fields=["card"], name="membership_card", condition=~Q(card="")),
            models.Index(
                fields=["entity_id"], name="membership_entity", condition=Q(entity_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} in {self.household_id}"


def canonical(households: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Each of these households → the one it is today."""
    found = Household.objects.filter(pk__in=households)
    return {pk: stayed or pk for pk, stayed in found.values_list("pk", F("redirect_to_id"))}
