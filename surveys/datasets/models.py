"""Exports, and the register of columns that every form keeps."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from backend.said import Said
from surveys.xforms.models import Form

KEPT_FOR = timedelta(days=30)
SUFFIXES = dict.fromkeys(("csv", "dta", "sav", "parquet", "ddi"), "zip")  # files of files


class RegisteredColumn(models.Model):
    """One line of a form's register of columns (`register.py`); only ever added."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="register")
    table = models.CharField(max_length=1000, blank=True)
    key = models.TextField(blank=True)
    part = models.TextField(blank=True)
    position = models.PositiveIntegerField()
    name = models.TextField()
    short_name = models.CharField(max_length=32)

    class Meta:
        ordering = ["form", "pk"]
        constraints = [
            # one place for one column: the columns of a table, and the tables of a form
            models.UniqueConstraint(
                fields=["form", "table", "position"],
                condition=~Q(key=""),
                name="register_column_place_once",
            ),
            models.UniqueConstraint(
                fields=["form", "position"], condition=Q(key=""), name="register_table_place_once"
            ),
            models.UniqueConstraint(
                F("form"),
                F("table"),
                Lower("short_name"),
                condition=~Q(key=""),
                name="register_short_name_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.name}"


class SortIndex(models.Model):
    """An index for an order that people asked for (`sort_indexes.py`); the row is the queue."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="+")
    repeat = models.CharField(max_length=1000, blank=True)  # path; "" for the records
    key = models.TextField()
    as_text = models.BooleanField(default=False)
    asked_at = models.DateTimeField(auto_now_add=True)  # the last time, by day
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["form", "repeat", "key", "as_text"], name="sort_index_once"
            )
        ]

    def __str__(self) -> str:
        return self.index_name

    @property
    def index_name(self) -> str:
        return f"row_sort_{self.pk}"


class SavedQuery(models.Model):
    """A question asked of a form's records, under a link that stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="queries")
    repeat = models.CharField(max_length=1000, blank=True)  # by name; "" for the records
    query: Any = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="queries"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """One asked-for file: what, by whom, why; its progress; its counts."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")
        EXPIRED = "expired", _("File removed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="exports")
    kind = models.CharField(max_length=10)
    layer = models.CharField(max_length=10, default="corrected")
    language = models.CharField(max_length=80, blank=True)
    labels = models.BooleanField(default=False)  # labels instead of codes
    separator = models.CharField(max_length=1, default=",")  # CSV: "," or ";"
    filter: Any = models.JSONField(default=dict)
    purpose = models.CharField(max_length=300, blank=True)
    recipient = models.CharField(max_length=80, blank=True)  # who outside the programme gets it
    unmask = models.CharField(
        max_length=300, blank=True
    )  # the reason, where personal data was asked for
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Moves while a worker writes; when it stands still, the export is taken up again.
    heartbeat_at = models.DateTimeField(null=True)
    progress = models.FloatField(default=0)  # 0 to 1
    tables: Any = models.JSONField(default=dict)  # table → rows written and verified
    notes: Any = models.JSONField(default=list)  # `lost` as JSON
    as_of = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [
            # the queue: what waits or may be stuck, oldest first
            models.Index(
                fields=["asked_at"],
                name="export_unfinished",
                condition=Q(state__in=["waiting", "running"]),
            ),
            models.Index(fields=["asked_by", "-asked_at"], name="export_mine"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def path(self) -> Path:
        """Where the file lies; only a ready export has one."""
        return settings.EXPORT_DIR / f"{self.pk}.{SUFFIXES.get(self.kind, self.kind)}"

    @property
    def lost(self) -> list[Said]:
        """What the file could not hold."""
        return [Said.from_json(note) for note in self.notes]

    @property
    def expires_at(self) -> datetime:
        """When the file is removed and its link ends."""
        return self.asked_at + KEPT_FOR

    @property
    def unmask_target(self) -> str:
        """What the list of unmaskings calls this export."""
        return f"export {self.pk}"
