"""People: a user has one role and, where it matters, the places it is for."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Someone who logs in. `place_codes` empty means everywhere; else those places and below."""

    class Role(models.TextChoices):
        ENUMERATOR = "enumerator", _("Enumerator")
        SUPERVISOR = "supervisor", _("Supervisor")
        MANAGER = "manager", _("Manager")
        ANALYST = "analyst", _("Analyst")
        ADMIN = "admin", _("Admin")
        PARTNER = "partner", _("Partner")

    role = models.CharField(max_length=20, choices=Role, default=Role.ENUMERATOR)
    # Codes, not keys: places stand above accounts in the house.
    place_codes = models.JSONField(default=list, blank=True)
    sees_legal_aid = models.BooleanField(
        default=False, help_text=_("Named person who may see legal-aid facts.")
    )
    # As the forms' question `partner` has it. A partner reads the records of its own people only.
    partner = models.CharField(max_length=80, blank=True)
    # Of the pages; empty: as the browser asks.
    language = models.CharField(max_length=5, blank=True, choices=settings.LANGUAGES)

    # The token that came with the request, where one did; never stored.
    token: "PersonalToken | None" = None

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.username

    @property
    def is_partner(self) -> bool:
        """Someone outside the programme, who is given its data as a recipient."""
        return not self.is_superuser and self.role == self.Role.PARTNER

    def has_role(self, *roles: str) -> bool:
        return self.is_active and (self.is_superuser or self.role in roles)


class PersonalToken(models.Model):
    """Lets one person's tool read the API. Only its SHA-256 is stored; shown once when made.

    `form_ids` empty means every form; a `purpose` stands in each export made with the token.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    # The token that asked for this one by API: what ends it ends this one too.
    made_with = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="made"
    )
    form_ids: Any = models.JSONField(default=list, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
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

    def covers(self, other: "PersonalToken") -> bool:
        """Whether the other opens nothing that this one does not."""
        forms = not self.form_ids or (
            bool(other.form_ids) and set(other.form_ids) <= {*self.form_ids}
        )
        return forms and self.purpose in {"", other.purpose}
