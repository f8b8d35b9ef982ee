"""Tablets: who may fetch forms and send submissions."""

from django.db import models
from django.utils import timezone

from surveys.places.models import Place
from surveys.rounds.models import Round


class Device(models.Model):
    """One tablet. Its token is shown once when enrolled; only the SHA-256 is kept."""

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    places = models.ManyToManyField(Place, blank=True, related_name="devices")
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def revoke(self) -> None:
        self.revoked_at = timezone.now()


class Assignment(models.Model):
    """Which rounds a tablet works for; none means all."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="assignments")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="assignments")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "round"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.device} {self.round}"
