"""A survey is the whole study; a round is one wave of it, with the places it is for."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils import timezone

from surveys.places.models import Place


class Survey(models.Model):
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Communities:
    """Paths of the targeted places; a place below one of them is covered too."""

    paths: frozenset[str]

    def cover(self, place: Place | None) -> bool:
        if not self.paths:
            return True
        if place is None:
            return False
        codes = place.path.split("/")
        return any("/".join(codes[:depth]) in self.paths for depth in range(1, len(codes) + 1))


class Round(models.Model):
    """One wave, open from the one day to the other, both included; None leaves that end open.

    `places` are its targeted communities; none means everywhere.
    """

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="rounds")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    opens_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    places = models.ManyToManyField(Place, blank=True, related_name="rounds")

    class Meta:
        ordering = ["survey", "opens_on", "code"]

    def __str__(self) -> str:
        return f"{self.survey}: {self.name}"

    @property
    def is_closed(self) -> bool:
        return self.closes_on is not None and self.closes_on < timezone.localdate()

    def is_closed_longer(self, time: timedelta) -> bool:
        """Whether its last day is further back than that."""
        return self.closes_on is not None and self.closes_on < timezone.localdate() - time

    @property
    def is_open(self) -> bool:
        begun = self.opens_on is None or self.opens_on <= timezone.localdate()
        return begun and not self.is_closed
