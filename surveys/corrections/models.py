"""Corrections: that an answer of a record is another than the tablet sent, and who said so."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.corrections import states
from surveys.submissions.models import Submission
from surveys.xforms.models import Form


class Correction(models.Model):
    """One answer that is to be another; what it says is never changed.

    `bundle`: proposed together, and approved by one decision; of one record they hold together or
    not at all. `old` and `new` are texts as a tablet writes them, "" for no answer. `record_id` and
    `row_id` follow where two records turn out to be one.
    """

    class Action(models.TextChoices):
        REPLACE = "replace", _("Replace")
        DROP = "drop", _("Remove the answer")
        OKAY = "okay", _("It is right as it is")
        RECODE = "recode", _("Recode")

    class Source(models.TextChoices):
        FIELD_CALL = "field_call", _("Call to the field")
        OFFICE = "office", _("Office")
        BACK_CHECK = "back_check", _("Back-check")

    class State(models.TextChoices):
        PROPOSED = states.PROPOSED, _("Waits for approval")
        STALE = states.STALE, _("Waits, but the record changed")
        APPROVED = states.APPROVED, _("Approved, being applied")
        APPLIED = states.APPLIED, _("Applied")
        OVERTAKEN = states.OVERTAKEN, _("Approved, but overtaken")
        REJECTED = states.REJECTED, _("Rejected")
        WITHDRAWN = states.WITHDRAWN, _("Withdrawn")
        REVOKED = states.REVOKED, _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bundle = models.UUIDField()
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    # The edition it was proposed on: erasing that erases what was said of it.
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="corrections", db_index=False
    )
    record_id = models.UUIDField()
    row_id = models.UUIDField()
    repeat = models.CharField(max_length=1000, blank=True)
    path = models.CharField(max_length=1000)
    action = models.CharField(max_length=8, choices=Action)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    reason = models.TextField()
    source = models.CharField(max_length=12, choices=Source)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    why = models.CharField(max_length=12, blank=True)  # it does not hold: corrected.py's code
    turn = models.BigIntegerField(null=True)  # the step that approved it: the order of applying
    applied_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # what is said of a record
            models.Index(fields=["record_id"], name="correction_record"),
            # whether a proposal waits for the same answer
            models.Index(
                fields=["row_id", "path"],
                name="correction_waits",
                condition=Q(state__in=states.WAITING),
            ),
            models.Index(fields=["bundle"], name="correction_bundle"),
            # a page of the list, newest first
            models.Index(fields=["state", "-proposed_at", "id"], name="correction_page"),
            models.Index(fields=["submission"], name="correction_edition"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CorrectionStep(models.Model):
    """What somebody decided on a correction; the database refuses to change one."""

    class Step(models.TextChoices):
        PROPOSED = states.PROPOSED, _("Proposed")
        APPROVED = states.APPROVED, _("Approved")
        REJECTED = states.REJECTED, _("Rejected")
        WITHDRAWN = states.WITHDRAWN, _("Withdrawn")
        REVOKED = states.REVOKED, _("Revoked")

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=10, choices=Step)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.step} {self.correction_id}"
