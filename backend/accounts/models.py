"""People: a user has one role and, where it matters, the places it is for."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """Someone who logs in. `place_codes` empty means everywhere; else those places and below."""

    class Role(models.TextChoices):
        ENUMERATOR = "enumerator", "Enumerator"
        SUPERVISOR = "supervisor", "Supervisor"
        MANAGER = "manager", "Manager"
        ANALYST = "analyst", "Analyst"
        ADMIN = "admin", "Admin"

    role = models.CharField(max_length=20, choices=Role, default=Role.ENUMERATOR)
    # Codes, not keys: places stand above accounts in the house.
    place_codes = models.JSONField(default=list, blank=True)
    sees_legal_aid = models.BooleanField(
        default=False, help_text="Named person who may see legal-aid facts."
    )

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.username

    def has_role(self, *roles: str) -> bool:
        return self.is_active and (self.is_superuser or self.role in roles)


class PersonalToken(models.Model):
    """Lets one person's tool read the API. Only its SHA-256 is stored; shown once when made."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    def is_valid(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at
