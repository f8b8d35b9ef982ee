"""Tables of rates, prices and targets; what was computed of them and when; what was frozen."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from surveys.households.models import Household


class FxRate(models.Model):
    """The mean of a month: how many som, and how many somoni, one unit of a currency was."""

    month = models.DateField()  # its first day
    currency = models.CharField(max_length=3)
    per_kgs = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    per_tjs = models.DecimalField(max_digits=14, decimal_places=6, null=True)

    class Meta:
        ordering = ["currency", "month"]
        constraints = [models.UniqueConstraint(fields=["month", "currency"], name="fx_rate_once")]

    def __str__(self) -> str:
        return f"{self.currency} {self.month:%Y-%m}"


class PriceIndex(models.Model):
    """A country's consumer price index of a month, on any base."""

    country = models.CharField(max_length=2)
    month = models.DateField()  # its first day
    index = models.DecimalField(max_digits=12, decimal_places=4)

    class Meta:
        ordering = ["country", "month"]
        constraints = [models.UniqueConstraint(fields=["country", "month"], name="price_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.month:%Y-%m}"


class Target(models.Model):
    """What an indicator is to reach; `period` is "" for the whole programme, else 2014Q3."""

    indicator = models.CharField(max_length=10)
    period = models.CharField(max_length=10, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        ordering = ["indicator", "period"]
        constraints = [models.UniqueConstraint(fields=["indicator", "period"], name="target_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.period}".strip()


class ParameterChange(models.Model):
    """The programme's parameters from a moment on; the newest row counts, none is ever changed."""

    threshold = models.FloatField(default=0.10)  # of a change of income, a fraction
    floor = models.FloatField(default=0.05)  # of the country's median, a fraction
    endline_is_census = models.BooleanField(default=False)
    wfp_missing_as_zero = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lt=1, floor__gte=0, floor__lt=1),
                name="parameters_are_fractions",
            )
        ]

    def __str__(self) -> str:
        return f"since {self.at:%Y-%m-%d}"


class VulnerableOverride(models.Model):
    """A person's word on whether a family is vulnerable, with the reason; until revoked."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    vulnerable = models.BooleanField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(revoked_at=None), name="override_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.household_id}: {self.vulnerable}"


class IndicatorRun(models.Model):
    """All indicators, computed of one snapshot. `digest` is that of all that went in."""

    states = models.CharField(max_length=10)  # a key of compute.STATES
    as_of = models.DateTimeField()
    checked_at = models.DateTimeField()  # until then nothing had changed
    version = models.CharField(max_length=10)  # of the definitions
    digest = models.CharField(max_length=64)
    parameters: Any = models.JSONField()
    records = models.PositiveIntegerField()
    households = models.PositiveIntegerField()
    left_out: Any = models.JSONField(default=dict)  # records not counted, by reason
    open_links = models.PositiveIntegerField(default=0)
    parents: Any = models.JSONField(default=dict)  # code of a place → of the one above it
    seconds = models.FloatField()

    class Meta:
        # the newest one, and the history
        indexes = [models.Index(F("states"), F("as_of").desc(), name="indicator_run_newest")]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M} {self.states}"


class IndicatorResult(models.Model):
    """What one run found for one indicator.

    `tables`: figures by the group they are broken down by, "" for the whole. `units`: whose they
    are, packed (`packing.py`); kept of the newest run only, since it is most of the bytes.
    """

    run = models.ForeignKey(IndicatorRun, on_delete=models.CASCADE, related_name="results")
    code = models.CharField(max_length=10)
    tables: Any = models.JSONField(default=dict)
    dropped: Any = models.JSONField(default=dict)  # reason → households
    sides: Any = models.JSONField(default=list)
    notes: Any = models.JSONField(default=dict)
    missing: Any = models.JSONField(default=dict)  # table and months, where it is not computable
    units = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="result_once")]

    def __str__(self) -> str:
        return f"{self.code} of {self.run_id}"


class FrozenResult(models.Model):
    """A period's figures as they were reported; never changed afterwards."""

    code = models.CharField(max_length=10)
    period = models.CharField(max_length=10)  # 2014Q3, or "to date"
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    states = models.CharField(max_length=10)
    figures: Any = models.JSONField()
    parameters: Any = models.JSONField()
    told: Any = models.JSONField(default=dict)  # drop-outs, records and places of that moment
    version = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["code", "period", "states"], name="frozen_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.period}"


class Restatement(models.Model):
    """A frozen figure that is another now: what it was, what it is, and of which snapshot."""

    frozen = models.ForeignKey(FrozenResult, on_delete=models.CASCADE, related_name="restatements")
    measure = models.CharField(max_length=40)
    group: Any = models.JSONField(default=dict)
    was = models.FloatField(null=True)
    now = models.FloatField(null=True)
    version = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.measure}: {self.was} → {self.now}"
