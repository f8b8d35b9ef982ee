"""Typed rows and what the checks found. Everything here can be rebuilt from the submissions."""

from typing import Any

from django.db import models
from django.db.models import Q

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
    """What a check found in one submission. It never stops the row."""

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="flags", db_index=False
    )
    code = models.CharField(max_length=40)
    path = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "code", "path"], name="flag_once")
        ]
        indexes = [models.Index(fields=["code", "-id"], name="flag_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.path}"
