"""Households: the unit we follow. For now a household is known by its card number."""

import uuid

from django.db import models
from django.db.models import Q

from surveys.places.models import Place


class Household(models.Model):
    """A family. `redirect_to` points on when two proved to be one; ids stay valid for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    redirect_to = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)


class HouseholdCard(models.Model):
    """A card number, normalised, and the household it was given to."""

    number = models.CharField(max_length=60, primary_key=True)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="cards")

    def __str__(self) -> str:
        return f"card {self.pk[-3:]}"


class Membership(models.Model):
    """What one record says about its household, and which one that is.

    `household` is None while the card or entity it names is not registered yet: it is found when
    the registration arrives. `card` and `entity_id` are kept so that it can be found again.
    """

    class Basis(models.TextChoices):
        REGISTRATION = "registration", "Its own registration"
        CARD = "card", "The same card number"
        ENTITY = "entity", "The form names the household"

    record_id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(
        Household, null=True, on_delete=models.CASCADE, related_name="memberships"
    )
    basis = models.CharField(max_length=12, choices=Basis, blank=True)
    form_id = models.CharField(max_length=200)
    registers = models.BooleanField(default=False)
    card = models.CharField(max_length=60, blank=True)  # normalised
    entity_id = models.UUIDField(null=True)  # the one it makes, or the one it was chosen from

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
