"""What arrived, as it arrived. Raw bytes are never altered; the row is the work queue."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from surveys.xforms.models import Form, FormVersion


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def waiting(self) -> "SubmissionQuerySet":
        return self.filter(state=Submission.State.RECEIVED)


class Submission(models.Model):
    """One filled form as received.

    All editions of one record (an original and its edits) share `record_id`: that of the edition
    that arrived first. `head` is true for the edition that counts; only it has clean rows.
    """

    class State(models.IntegerChoices):
        RECEIVED = 0, _("Received, waiting")
        PROCESSED = 1, _("Processed")
        PARKED = 2, _("Parked after too many tries")

    class ReviewState(models.TextChoices):
        RECEIVED = "received", _("Received")
        EDITED = "edited", _("Edited")
        HAS_ISSUES = "has_issues", _("Has issues")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    # Every index is paid for at each arrival: the unique key below serves this column too.
    form = models.ForeignKey(
        Form, on_delete=models.PROTECT, related_name="submissions", db_index=False
    )
    # None: a version we never published; kept and flagged (openrosa.md S9).
    form_version = models.ForeignKey(
        FormVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="submissions",
        db_index=False,
    )
    version = models.CharField(max_length=200, blank=True)  # as the instance says it
    instance_id = models.CharField(max_length=255)
    deprecated_id = models.CharField(max_length=255, blank=True)
    record_id = models.UUIDField(default=uuid.uuid4, editable=False)
    head = models.BooleanField(default=True)
    raw_xml = models.BinaryField()
    # Plain answers as a client without a form engine sent them; `raw_xml` was built from them.
    answers = models.BinaryField(null=True)
    sha256 = models.BinaryField(max_length=32)
    encrypted = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    device_id = models.BigIntegerField(null=True)  # sync.Device; above us, so not a foreign key
    client_device_id = models.CharField(
        max_length=255, blank=True
    )  # OpenRosa deviceID; no identity
    user_agent = models.CharField(max_length=255, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    state = models.PositiveSmallIntegerField(choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    processed_at = models.DateTimeField(null=True)
    review_state = models.CharField(
        max_length=12, choices=ReviewState, default=ReviewState.RECEIVED
    )
    deleted_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            # the idempotency key (openrosa.md S10)
            models.UniqueConstraint(
                fields=["form", "instance_id"], name="submission_instance_once"
            ),
        ]
        indexes = [
            # the queue: what waits, oldest first
            models.Index(fields=["id"], name="submission_waiting", condition=Q(state=0)),
            # what people must look at, and what analyses leave out: few, and none that just arrives
            models.Index(fields=["id"], name="submission_parked", condition=Q(state=2)),
            models.Index(
                fields=["id"], name="submission_rejected", condition=Q(review_state="rejected")
            ),
            # an edit that came before its original
            models.Index(
                fields=["form", "deprecated_id"],
                name="submission_deprecates",
                condition=~Q(deprecated_id=""),
            ),
            # all editions of a record
            models.Index(fields=["record_id"], name="submission_record"),
        ]

    def __str__(self) -> str:
        return self.instance_id


class Attachment(models.Model):
    """A file that came with a submission. The bytes lie under MEDIA_ROOT by their SHA-256.

    The same name with other bytes is kept as an alternate (`alternate` 1, 2, …); the first stays.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )  # `attachment_once` begins with it
    name = models.CharField(max_length=1000)  # NFC, as matched with the XML
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=255, blank=True)
    alternate = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "name", "sha256"], name="attachment_once"
            ),
        ]
        indexes = [
            # whether a tablet has sent these bytes before
            models.Index(fields=["sha256"], name="attachment_by_sha256"),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def relative_path(self) -> str:
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class CurrentTransaction(models.Func):
    """The number of the running transaction: what a reader's snapshot can be compared with."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
    arity = 0


class ReviewStep(models.Model):
    """One step in the life of a record after it arrived; the log is only ever added to.

    `change` is the transaction that added it: a reader remembers the oldest one still running when
    it read, and asks from there the next time, so that no step is missed.
    """

    class Step(models.TextChoices):
        PROCESSED = "processed", _("Processed")
        FLAGGED = "flagged", _("Processed, with quality flags")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        SENT_BACK = "sent_back", _("Sent back")
        RETURNED = "returned", _("Came back edited")
        MERGED = "merged", _("Belongs to a household that was known")
        COMMENTED = "commented", _("Commented")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    record_id = models.UUIDField()
    device_id = models.BigIntegerField(null=True)  # of the submission; sync.Device is above us
    step = models.CharField(max_length=12, choices=Step)
    comment = models.TextField(blank=True)
    comments: Any = models.JSONField(default=list)  # path of the question and text, of each
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    change = models.BigIntegerField(db_default=CurrentTransaction())

    class Meta:
        indexes = [
            # what a tablet has not heard yet
            models.Index(
                fields=["device_id", "change"],
                name="step_heard",
                condition=Q(device_id__isnull=False),
            ),
            models.Index(fields=["record_id", "id"], name="step_record"),
            models.Index(fields=["submission", "id"], name="step_submission"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.submission_id}"


class Quarantined(models.Model):
    """Bytes we could not take as a submission, kept whole for a person to look at."""

    reason = models.CharField(max_length=40)  # the Problem's code
    form_id = models.CharField(max_length=255, blank=True)
    instance_id = models.CharField(max_length=255, blank=True)
    raw = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    device_id = models.BigIntegerField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    client_device_id = models.CharField(max_length=255, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    times = models.PositiveIntegerField(default=1)  # how often these very bytes came
    settled_at = models.DateTimeField(null=True)
    attachments: Any = models.JSONField(default=list)  # name, sha256, size

    class Meta:
        verbose_name_plural = "quarantined"
        constraints = [
            models.UniqueConstraint(fields=["reason", "sha256"], name="quarantined_once")
        ]
        indexes = [models.Index(F("received_at").desc(), name="quarantined_newest")]

    def __str__(self) -> str:
        return f"{self.reason} {self.pk}"
