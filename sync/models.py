"""Tablets: who may fetch forms and send submissions, what they said of themselves, and what they
are still sending."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone

from surveys.places.models import Place
from surveys.rounds.models import Round


class Outdated(models.Func):
    """Of the forms a tablet says it holds, the ids of those that have a newer version."""

    template = """ARRAY(
        SELECT form.form_id FROM jsonb_array_elements(%(expressions)s) AS held
        JOIN xforms_form AS form ON form.form_id = held ->> 'form_id'
        JOIN xforms_formversion AS version ON version.id = form.current_id
        WHERE version.version <> held ->> 'version' ORDER BY 1)"""
    output_field = ArrayField(models.TextField())
    arity = 1


class DeviceQuerySet(models.QuerySet["Device"]):
    def active(self) -> "DeviceQuerySet":
        return self.filter(revoked_at=None)

    def overdue(self) -> "DeviceQuerySet":
        """Those not seen for OVERDUE_DAYS, or on which a record has waited longer."""
        return self.filter(_overdue())

    def described(self) -> "models.QuerySet[Any]":
        """With `is_overdue`, and the form ids that are `outdated`."""
        overdue = Case(When(_overdue(), then=True), default=False)
        return self.annotate(is_overdue=overdue, outdated=Outdated("forms"))

    def within(self, places: "models.QuerySet[Place] | None") -> "DeviceQuerySet":
        """Those that work there and nowhere else; None is everywhere."""
        if places is None:
            return self
        outside = Place.objects.exclude(pk__in=places.values("pk"))
        here = self.filter(pk__in=Device.places.through.objects.values("device_id"))
        return here.exclude(pk__in=self.model.objects.filter(places__in=outside).values("pk"))


def _overdue() -> Q:
    since = timezone.now() - timedelta(days=settings.OVERDUE_DAYS)
    unseen = Q(last_seen_at__lt=since) | Q(last_seen_at=None, created_at__lt=since)
    return Q(revoked_at=None) & (unseen | Q(oldest_unsent_at__lt=since))


class Device(models.Model):
    """One tablet; what it last said of itself stands in the health fields.

    `user_name` and `ha1` are for clients that know only name and password: a generated password,
    of which the digest of RFC 2617 is kept (A3, C5).
    """

    name = models.CharField(max_length=120)
    places = models.ManyToManyField(Place, blank=True, related_name="devices")
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    user_name = models.CharField(max_length=60, unique=True, null=True, blank=True)
    ha1 = models.CharField(max_length=32, blank=True, editable=False)
    app = models.CharField(max_length=120, blank=True)
    platform = models.CharField(max_length=120, blank=True)
    health_at = models.DateTimeField(null=True, blank=True)
    battery = models.PositiveSmallIntegerField(null=True, blank=True)  # percent
    free_mb = models.PositiveBigIntegerField(null=True, blank=True)
    unsent = models.PositiveIntegerField(null=True, blank=True)  # records waiting on the tablet
    oldest_unsent_at = models.DateTimeField(null=True, blank=True)
    clock_drift_seconds = models.BigIntegerField(null=True, blank=True)  # its clock minus ours
    forms: Any = models.JSONField(default=list, blank=True)  # form_id and version it holds

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def revoke(self) -> None:
        self.revoked_at = timezone.now()


class DeviceToken(models.Model):
    """One token of a tablet, shown once; only the SHA-256 is kept.

    A replaced token may still push for the grace period, so that nothing stays behind on the
    tablet (C4).
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk}"


class EnrolmentCode(models.Model):
    """A one-time code from a QR code, for tablets that enrol themselves (`sync.md` 1)."""

    LIFE = timedelta(hours=72)

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"code {self.pk}"


class Assignment(models.Model):
    """Which rounds a tablet works for; none means all."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="assignments")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="assignments")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "round"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.device} {self.round}"


class Upload(models.Model):
    """An attachment on its way in pieces (tus 1.0), or arrived and waiting for its submission.

    The bytes so far lie under MEDIA_ROOT in a partial file of this id; `stored_at` says that all
    are there, verified and durable; `submission_id` that they were attached.
    """

    LIFE = timedelta(days=30)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="uploads")
    instance_id = models.CharField(max_length=255)
    name = models.CharField(max_length=1000)  # NFC, as matched with the XML
    content_type = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # as promised, then as measured
    size = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True)
    submission_id = models.BigIntegerField(null=True)  # submissions.Submission, once attached
    # The tablet has sent the record itself: its files belong to it, whoever sent it first.
    proven = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # what waits for a submission
            models.Index(
                fields=["instance_id"],
                name="upload_waiting",
                condition=Q(submission_id__isnull=True),
            ),
            models.Index(fields=["expires_at"], name="upload_expiry"),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk}"
