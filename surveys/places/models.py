"""The tree of country, oblast, district and village. Codes never change; names do."""

from typing import Any

from django.db import models
from django.db.models import Q

from backend.problems import Problem


class PlaceQuerySet(models.QuerySet["Place"]):
    def at_or_below(self, place: "Place") -> "PlaceQuerySet":
        return self.filter(Q(pk=place.pk) | Q(path__startswith=place.path + "/"))

    def paths_followed(self) -> frozenset[str]:
        """Their paths, and those of the places they were merged into, however often."""
        found: dict[int, str] = {}
        ahead = list(self.values_list("pk", "path", "merged_into"))
        while ahead:
            found |= {pk: path for pk, path, _ in ahead}
            into = {into for _, _, into in ahead if into is not None} - found.keys()
            merged = Place.objects.filter(pk__in=into) if into else Place.objects.none()
            ahead = list(merged.values_list("pk", "path", "merged_into"))
        return frozenset(found.values())

    def find(self, code: str) -> "Place":
        """The place with this code; a prefix (`KG05`) finds the code that only adds zeros to it.

        Raises `Problem("place_unknown")`.
        """
        exact = self.filter(code=code).first()
        if exact is not None:
            return exact
        padded = [
            p for p in self.filter(code__startswith=code) if not p.code[len(code) :].strip("0")
        ]
        if not code or len(padded) != 1:
            raise Problem("place_unknown", place=code)
        return padded[0]


class Place(models.Model):
    """A node of the administrative tree. `path` is the codes from the country down, joined by /."""

    class Level(models.IntegerChoices):
        COUNTRY = 0, "Country"
        OBLAST = 1, "Oblast"
        DISTRICT = 2, "District or city"
        VILLAGE = 3, "Village"

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
    # Where its records now belong; the code stays valid for ever, for forms still name it.
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
