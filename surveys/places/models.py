"""The tree of country, oblast, district and village. Codes never change; names do, and places
are joined: a merged place keeps its code, and what names it belongs to the other.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.problems import Problem


class PlaceQuerySet(models.QuerySet["Place"]):
    def at_or_below(self, place: "Place") -> "PlaceQuerySet":
        return self.filter(Q(pk=place.pk) | Q(path__startswith=place.path + "/"))

    def paths_followed(self) -> frozenset[str]:
        """Their paths, and of those that were merged that of the place they are today: what has
        not followed the merger yet is found as well.
        """
        named = self.defer("boundary")
        return frozenset(place.path for place in (*named, *named.today().values()))

    def find(self, code: str) -> "Place":
        """The place with this code, or what it was merged into; a prefix (`KG05`) finds the code
        that only adds zeros to it.

        Raises `Problem("place_unknown")`.
        """
        found = self.filter(code=code).first() or self._padded(code)
        while found.merged_into is not None:
            found = found.merged_into
        return found

    def _padded(self, code: str) -> "Place":
        padded = [
            p for p in self.filter(code__startswith=code) if not p.code[len(code) :].strip("0")
        ]
        if not code or len(padded) != 1:
            raise Problem("place_unknown", place=code)
        return padded[0]

    def today(self) -> "dict[int, Place]":
        """By key, the place that each of these is today: itself, or what it was merged into.

        One query more for each link of the longest chain of mergers, none where there is none.
        """
        now = {place.pk: place for place in self}
        while joined := {p.merged_into_id for p in now.values() if p.merged_into_id}:
            others = Place.objects.defer("boundary").in_bulk(joined)
            now = {pk: others.get(p.merged_into_id or 0, p) for pk, p in now.items()}
        return now


class Place(models.Model):
    """A node of the administrative tree.

    `path` is the codes from the country down, joined by /. It leads through the places of today:
    below a merged district stands what its villages were, and their path is the other district's.
    """

    class Level(models.IntegerChoices):
        COUNTRY = 0, _("Country")
        OBLAST = 1, _("Oblast")
        DISTRICT = 2, _("District or city")
        VILLAGE = 3, _("Village")

    code = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    level = models.PositiveSmallIntegerField(choices=Level)
    path = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, blank=True)
    name_en = models.CharField(max_length=120)
    name_ru = models.CharField(max_length=120, blank=True)
    name_local = models.CharField(max_length=120, blank=True)
    iso_3166_2 = models.CharField(max_length=10, blank=True)
    note = models.TextField(blank=True)
    # Where its records belong now; the code stays valid for ever, for forms still name it.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    merged_on = models.DateField(null=True, blank=True)
    boundary: Any = models.JSONField(null=True, blank=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        # a place and all below it
        indexes = [
            models.Index(fields=["path"], name="place_path", opclasses=["varchar_pattern_ops"])
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None, merged_on=None)
                | Q(merged_into__isnull=False, merged_on__isnull=False) & ~Q(merged_into=F("pk")),
                name="place_merged_elsewhere",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name_en} ({self.code})"


class PlaceAlias(models.Model):
    """Another name of a place, and when it was in use; open ends where we do not know."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="place_alias_once")]

    def __str__(self) -> str:
        return self.name
