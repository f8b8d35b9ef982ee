"""Persons: members of households, aligned within a household over its records. Models only."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from surveys.households.links import CandidateLink


class Person(models.Model):
    """A member of a household, founded by the roster line that first told of her or him.

    The id is derived from record and line, and is valid for ever; `redirect_to` points on.
    """

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()
    index = models.PositiveSmallIntegerField()  # of the features' members, from 0
    redirect_to = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_id", "index"], name="person_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PersonMembership(models.Model):
    """Which person a line of a roster is. Made from decisions and rosters."""

    record_id = models.UUIDField()
    index = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_id", "index"], name="person_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.index}"


class PersonCandidate(models.Model):
    """Two women of different households who may be one: marriage moves women. Never merged."""

    a = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    weight = models.FloatField()
    reasons: Any = models.JSONField(default=list)
    state = models.CharField(
        max_length=8, choices=CandidateLink.State, default=CandidateLink.State.OPEN
    )
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="person_candidate_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="person_candidate_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.weight:.1f} bits"
