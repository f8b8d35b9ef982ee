"""Typed rows and what the checks found. Everything here can be rebuilt from the submissions."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from surveys.cleaning.enumerators import said_by_record
from surveys.places.models import Place
from surveys.submissions.models import Submission
from surveys.xforms.models import Form


class CleanRow(models.Model):
    """A typed row: one for the root of a record, one for each row of a repeat.

    `id` of a root row is the record's `record_id`; of a repeat's row it is derived from it, the
    repeat and the position, so that it survives a rebuild. `values` holds typed answers by field
    key, `verbatim` the text as sent.
    """

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="rows")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+", db_index=False)
    repeat = models.CharField(max_length=1000, blank=True)  # path of the repeat; "" for the root
    parent_id = models.UUIDField(null=True)
    index = models.PositiveIntegerField(default=0)  # position among its siblings, from 1
    values: Any = models.JSONField()
    verbatim: Any = models.JSONField()
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    household_id = models.UUIDField(null=True)  # households.Household; above us
    restricted = models.BooleanField(default=False)  # legal-aid facts: named people only
    instance_id = models.CharField(max_length=255)
    version = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField(
        null=True
    )  # the form's own end or start; the tablet's clock
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            # a page of records or of a repeat, newest last
            models.Index(fields=["form", "repeat", "received_at", "id"], name="row_page"),
            # what changed since
            models.Index(fields=["form", "repeat", "updated_at", "id"], name="row_changed"),
            # all rows of a record, to replace or show them
            models.Index(fields=["record_id"], name="row_record"),
            models.Index(fields=["household_id"], name="row_household", condition=Q(repeat="")),
            # the few records that most readers of a repeat do not see
            models.Index(
                fields=["id"], name="row_restricted", condition=Q(restricted=True, repeat="")
            ),
            # whose flags a reader sees, without a look at the answers
            models.Index(
                fields=["submission"],
                name="row_root",
                include=["place", "restricted", "form"],
                condition=Q(repeat=""),
            ),
            # the records that wait, the oldest first; how many each form has
            models.Index(
                fields=["received_at", "id"],
                name="row_arrived",
                include=["form", "place", "restricted", "submission"],
                condition=Q(repeat=""),
            ),
            # the interviews of some days
            models.Index(
                Coalesce("submitted_at", "received_at"), name="row_asked", condition=Q(repeat="")
            ),
            # the records of an enumerator
            models.Index(said_by_record(), name="row_enumerator", condition=Q(repeat="")),
            # households that said no to sharing: asked for each list that goes outside
            models.Index(
                fields=["household_id"],
                name="row_refused",
                condition=Q(repeat="", values__consent_share="no"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeletedRecord(models.Model):
    """A record that analysts may have read and that is gone: what `deleted=1` lists."""

    record_id = models.UUIDField(primary_key=True)
    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="+")
    deleted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["form", "deleted_at"], name="deleted_since")]

    def __str__(self) -> str:
        return str(self.record_id)


class QualityFlag(models.Model):
    """What a check found in one submission. It never stops the row.

    `settled_at` stands where nobody has to do anything any more: explained, corrected, dropped.
    `measure` is what was found in the record itself (numbers, codes, ids; never a person's words)
    and decides whether it is still the same finding; `bounds` is what it was held against.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SENT = "sent", _("Sent to the field")
        EXPLAINED = "explained", _("Explained")
        CORRECTED = "corrected", _("Corrected")
        DROPPED = "dropped", _("Dropped")

    class Origin(models.TextChoices):
        READING = "reading", _("While reading it")  # `checks.py`: made anew with the clean rows
        QUALITY = "quality", _("By the quality engine")  # surveys/quality, above us

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="flags", db_index=False
    )
    code = models.CharField(max_length=40)
    path = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.READING)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    measure: Any = models.JSONField(default=dict)
    bounds: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)
    restricted = models.BooleanField(default=False)  # tells of legal aid: named people only

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "code", "path"], name="flag_once")
        ]
        indexes = [
            models.Index(fields=["code", "-id"], name="flag_code"),
            models.Index(fields=["state", "-id"], name="flag_state"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.path}"


SETTLED = frozenset(
    {QualityFlag.State.EXPLAINED, QualityFlag.State.CORRECTED, QualityFlag.State.DROPPED}
)


class FlagStep(models.Model):
    """One change of a flag's state; only ever added. Without `by` the server did it, and `why`
    says for what: `no_longer_holds`, `record_changed`, `found_again`.
    """

    class Why(models.TextChoices):
        NO_LONGER_HOLDS = "no_longer_holds", _("It does not hold any more.")
        RECORD_CHANGED = "record_changed", _("The record was changed.")
        FOUND_AGAIN = "found_again", _("It was found again.")
        SETTLED_BEFORE = "settled_before", _("It was settled before states were kept.")

    flag = models.ForeignKey(QualityFlag, on_delete=models.CASCADE, related_name="steps")
    was = models.CharField(max_length=10, choices=QualityFlag.State)
    now = models.CharField(max_length=10, choices=QualityFlag.State)
    why = models.CharField(max_length=20, choices=Why, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.was} → {self.now}"
