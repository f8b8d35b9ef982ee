"""How checks are set, what each night found, and which interviews are asked again."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from surveys.places.models import Place
from surveys.xforms.models import Form


class CheckSetting(models.Model):
    """How a check is set from a moment on; the newest row of its code counts, none is changed."""

    code = models.CharField(max_length=40)
    enabled = models.BooleanField(default=True)
    severity = models.CharField(max_length=10)
    owner = models.CharField(max_length=12)
    parameters: Any = models.JSONField(default=dict)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["code", "-id"], name="check_setting_newest")]

    def __str__(self) -> str:
        return f"{self.code} since {self.at:%Y-%m-%d}"


class QualityRun(models.Model):
    """One run of all checks over all records. `broken`: check → kind of error."""

    began_at = models.DateTimeField()
    seconds = models.FloatField()
    records = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    opened = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()
    broken: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class QualityTable(models.Model):
    """A table that a run made beside its flags; kept of the newest run only."""

    run = models.ForeignKey(QualityRun, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=20)
    rows: Any = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="quality_table_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.run_id}"


class AuditTiming(models.Model):
    """What a record's audit log says of time, in seconds; can be read again from the log.

    `first` and `visits`: path of a question → seconds of its first visit, of all its visits.
    """

    record_id = models.UUIDField(primary_key=True)
    sha256 = models.CharField(max_length=64)  # of the log that was read
    active = models.FloatField()
    paused = models.FloatField()
    longest_pause = models.FloatField()
    first: Any = models.JSONField(default=dict)
    visits: Any = models.JSONField(default=dict)
    bad_lines = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.record_id)


class BackCheckDraw(models.Model):
    """Interviews drawn at random to be asked again. The same seed draws the same."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField()
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    seed = models.PositiveIntegerField()
    population = models.PositiveIntegerField()  # interviews it was drawn from
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="draw_is_a_share"
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.population}"


class BackCheck(models.Model):
    """One interview that is asked again, and the record of that, once it is linked."""

    draw = models.ForeignKey(BackCheckDraw, on_delete=models.CASCADE, related_name="checks")
    record_id = models.UUIDField()
    enumerator = models.CharField(max_length=200)
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    again_id = models.UUIDField(null=True)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    linked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["enumerator", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "record_id"], name="back_check_once"),
            models.UniqueConstraint(
                fields=["again_id"], condition=Q(again_id__isnull=False), name="again_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.record_id)
