"""Corrections: that an answer of a record is another than the tablet sent, and who said so."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.corrections import states
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.submissions.models import Submission
from surveys.xforms.models import Form


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def drops_to_settle(self) -> "CorrectionQuerySet":
        """Records whose dropping was approved and not done yet, or revoked and not undone."""
        undone = Q(state=states.REVOKED, applied_at__isnull=False)
        return self.filter(Q(state=states.APPROVED) | undone, path="").order_by("turn")


class Correction(models.Model):
    """One answer that is to be another; what it says is never changed.

    Without a `path` it is the whole record that is to be dropped; then `place` and `restricted` are
    those of the record, since who may see the record may still see that it is gone.
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
    path = models.CharField(max_length=1000, blank=True)
    action = models.CharField(max_length=8, choices=Action)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    reason = models.TextField()
    source = models.CharField(max_length=12, choices=Source)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    restricted = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    why = models.CharField(max_length=12, blank=True)  # it does not hold: corrected.py's code
    turn = models.BigIntegerField(null=True)  # the step that approved it: the order of applying
    applied_at = models.DateTimeField(null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        indexes = [
            # records to be dropped, or brought back
            models.Index(fields=["turn"], name="correction_drops", condition=Q(path="")),
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


class Errand(models.Model):
    """What was wished for many answers at once; a worker does it one by one, the row is the queue.

    A recode proposes under `bundle`; most other moves decide on what is in that bundle; a sheet
    goes in or out as a whole (`content`, and `found` says what was wrong with its cells). `done_to`
    is the last row or record that was dealt with, in the order of ids: whoever goes on starts
    behind it. `words` may name people, and are forgotten at the end.
    """

    class Move(models.TextChoices):
        RECODE = "recode", _("Recode")
        APPROVE = states.APPROVE, _("Approve")
        REJECT = states.REJECT, _("Reject")
        WITHDRAW = states.WITHDRAW, _("Withdraw")
        REVOKE = states.REVOKE, _("Revoke")
        IMPORT = "import", _("Import a sheet")
        EXPORT = "export", _("The log as a sheet (XLSX)")

    class State(models.TextChoices):
        OPEN = "open", _("Being done")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.ForeignKey(Form, null=True, on_delete=models.CASCADE, related_name="+")
    bundle = models.UUIDField()
    move = models.CharField(max_length=8, choices=Move)
    path = models.CharField(max_length=1000, blank=True)  # of the text behind "other"
    words: Any = models.JSONField(default=list)
    code = models.TextField(blank=True)  # of the choice; of a sheet the query of its list
    content = models.BinaryField(null=True)
    found: Any = models.JSONField(default=dict)
    why = models.TextField(blank=True)
    granted = models.ForeignKey(Unmasking, null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="errands"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    total = models.PositiveIntegerField()  # answers, as counted when it was asked for
    done = models.PositiveIntegerField(default=0)
    refused: Any = models.JSONField(default=dict)  # code of the problem → answers
    done_to = models.UUIDField(null=True)
    error = models.CharField(max_length=40, blank=True)  # code of the problem that ended it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            # one at a time works on a bundle
            models.UniqueConstraint(
                fields=["bundle"], condition=Q(state="open"), name="errand_of_bundle_once"
            )
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="errand_open", condition=Q(state="open")),
            models.Index(fields=["asked_by", "-asked_at"], name="errand_mine"),
        ]

    def __str__(self) -> str:
        return f"{self.move} {self.pk}"

    @property
    def left(self) -> int:
        """Answers that nobody has dealt with yet."""
        return max(self.total - self.handled, 0)

    @property
    def refused_count(self) -> int:
        return sum(self.refused.values())

    @property
    def handled(self) -> int:
        return self.done + self.refused_count
