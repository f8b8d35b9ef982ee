"""How many households are to be interviewed in a place in a round: the plan of the fieldwork.

Not a target of the programme: what an indicator is to reach stands in `surveys/indicators`.
"""

from django.db import models
from django.db.models import Q

from surveys.places.models import Place
from surveys.rounds.models import Round


class RoundTarget(models.Model):
    """Counts for the place and all below it; a merged place's belongs to the place of today."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="targets")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    households = models.PositiveIntegerField()

    class Meta:
        ordering = ["round__code", "place__path"]
        constraints = [
            models.UniqueConstraint(fields=["round", "place"], name="round_target_once"),
            models.CheckConstraint(condition=Q(households__gt=0), name="round_target_of_some"),
        ]

    def __str__(self) -> str:
        return f"{self.round.code} {self.place.code}: {self.households}"
