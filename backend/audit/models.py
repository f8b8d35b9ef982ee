"""What happened, by whom: rows are only ever added."""

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """One thing that happened. The database refuses to change or delete a row (migration 0002)."""

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=60)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    device_id = models.BigIntegerField(null=True)  # sync.Device; above us, so not a foreign key
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=80, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # the history of one thing, newest first
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"
