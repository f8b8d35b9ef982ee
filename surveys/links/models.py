"""Who is looking at which case, and what people said of whole cases. The decisions themselves
stand in `households`: this only says which of them belong together.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.households.models import CandidateLink, LinkDecision


class CaseClaim(models.Model):
    """A candidate link that someone has open: others are given another case until then.

    `visit` tells one opening of the page from the next, so that leaving ends only one's own.
    """

    candidate = models.OneToOneField(
        CandidateLink, on_delete=models.CASCADE, primary_key=True, related_name="claim"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    visit = models.CharField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        indexes = [
            # who has what open now
            models.Index(fields=["until"], name="claim_until"),
        ]

    def __str__(self) -> str:
        return f"candidate {self.candidate_id} until {self.until:%H:%M}"


class Adjudication(models.Model):
    """One word of one person on one case: the link decisions it made, undone together.

    `candidates`: keys of those that were decided. Only the three `undone` columns ever change.
    """

    class Verdict(models.TextChoices):
        SAME = "same", _("The same household")
        DIFFERENT = "different", _("Different households")
        UNSURE = "unsure", _("Later")

    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    candidates: Any = models.JSONField(default=list)
    decisions = models.ManyToManyField(LinkDecision, related_name="adjudications")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_because = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            # what someone said last
            models.Index(fields=["by", "-id"], name="adjudication_by"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.at:%Y-%m-%d}"
