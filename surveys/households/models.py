"""Households: the unit we follow. For now a household is known by its card number."""

import uuid

from django.db import models

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
    """Which record belongs to which household, and how that was known."""

    class Basis(models.TextChoices):
        REGISTRATION = "registration", "Its own registration"
        CARD = "card", "The same card number"
        ENTITY = "entity", "The form names the household"

    record_id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    basis = models.CharField(max_length=12, choices=Basis)
    form_id = models.CharField(max_length=200)
    registers = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.record_id} in {self.household_id}"
