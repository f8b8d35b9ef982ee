"""Who saw what they usually may not, and why."""

from django.conf import settings
from django.db import models


class Unmasking(models.Model):
    """One look at personal data: who, what, why. Append-only by habit; the audit log has it too."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="unmaskings"
    )
    target = models.CharField(max_length=120)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.target} {self.at:%Y-%m-%d}"
