"""What linkage knows and decides of pairs of records; models only, imported by `models.py`.

`LinkDecision` is a log that is only ever added to; households are computed from it. Everything
else here can be made again, or only says how something came about.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.places.models import Place


class LinkDecision(models.Model):
    """That two records are the same household, or not: by whom, why, and since when.

    `a` < `b`. For a pair the newest decision that no other revokes counts; a person outranks a
    form, a form outranks a rule. `revokes` names an earlier decision of the same pair that no
    longer holds; a revoking decision may itself be revoked. The database refuses to change or
    delete a row.
    """

    class Verdict(models.TextChoices):
        SAME = "same", _("The same household")
        DIFFERENT = "different", _("Different households")
        UNSURE = "unsure", _("Cannot be said")
        WITHDRAWN = "withdrawn", _("Says nothing itself, only that another no longer holds")

    class Source(models.TextChoices):
        RULE = "rule", _("By rule")
        FORM = "form", _("By the form")
        PERSON = "person", _("By a person")

    a = models.UUIDField()
    b = models.UUIDField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    source = models.CharField(max_length=6, choices=Source)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    model = models.CharField(max_length=40, blank=True)  # version of the LinkModel, of a rule
    weight = models.FloatField(null=True)  # bits
    reason = models.TextField(blank=True)
    vetoes: Any = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)
    revokes = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="revoked_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="decision_in_order"),
        ]
        indexes = [
            # what was ever said of a record
            models.Index(fields=["a"], name="decision_a"),
            models.Index(fields=["b"], name="decision_b"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.source}"


class LinkBrake(models.Model):
    """For whom automatic merging pauses: since when, why, and who let it go on."""

    class Kind(models.TextChoices):
        DEVICE = "device", _("A tablet")
        ENUMERATOR = "enumerator", _("An enumerator")
        BATCH = "batch", _("A batch of records of one district")
        RECORD = "record", _("One record")

    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=255)  # tablet's key, enumerator, district, record id
    why = models.CharField(max_length=40)  # a stable code, docs/linkage.md
    share = models.FloatField(null=True)  # of duplicates among `records`
    records = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(lifted_at=None), name="brake_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.why} since {self.since:%Y-%m-%d}"


class CandidateLink(models.Model):
    """Two records that may be one household, and why: kept also where a rule decided it.

    `a` < `b`. `kind` "form": a record that says itself which household it is of (a service, a
    follow-up), and a registration there that contradicts it or is one of several. `state` follows
    from decisions and households: open while a person has to look.
    """

    class Kind(models.TextChoices):
        RECORDS = "records", _("Two registrations")
        FORM = "form", _("A form and the household it names")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SETTLED = "settled", _("Settled")

    a = models.UUIDField()
    b = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.RECORDS)
    model = models.CharField(max_length=40)  # version of the LinkModel
    decision = models.CharField(max_length=8)  # what the rule said: auto, review
    weight = models.FloatField()  # bits, prior included
    reasons: Any = models.JSONField(default=list)  # [comparison, level, bits]; they sum to weight
    vetoes: Any = models.JSONField(default=list)  # stable codes, docs/linkage.md
    aligned: Any = models.JSONField(default=list)  # [member of a, member of b, strong or weak]
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    brake = models.ForeignKey(LinkBrake, null=True, on_delete=models.SET_NULL, related_name="held")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b", "model"], name="candidate_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="candidate_in_order"),
        ]
        indexes = [
            models.Index(fields=["b"], name="candidate_b"),  # of one record; `candidate_once`: a
            # the queue of people, the heaviest first
            models.Index(
                fields=["-weight", "id"], name="candidate_open", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weight:.1f} bits, {self.state}"


class LinkFeature(models.Model):
    """What of a record is compared; the row is the queue of linkage.

    `record` holds the values as answered (a HouseholdRecord), `features` what was computed of
    them: made again at will. The row outlives a record that is deleted until linkage has seen it.
    """

    class State(models.IntegerChoices):
        WAITING = 0, _("Waiting")
        LINKED = 1, _("Linked")
        PARKED = 2, _("Parked after too many tries")

    record_id = models.UUIDField(primary_key=True)
    record: Any = models.JSONField()
    features: Any = models.JSONField(null=True)
    features_version = models.PositiveSmallIntegerField(default=0)
    registers = models.BooleanField(default=True)
    district = models.CharField(max_length=60, blank=True)
    village = models.CharField(max_length=60, blank=True)
    round = models.CharField(max_length=60, blank=True)
    device = models.CharField(max_length=40, blank=True)
    enumerator = models.CharField(max_length=255, blank=True)
    place = models.ForeignKey(
        Place, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    arrived_at = models.DateTimeField()
    state = models.PositiveSmallIntegerField(choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)
    linked_at = models.DateTimeField(null=True)
    hits = models.PositiveSmallIntegerField(default=0)  # merged by rule within its round
    trusted = models.BooleanField(default=False)  # a manager lifted the brake that held it

    class Meta:
        indexes = [
            # the queue: what waits, oldest first
            models.Index(
                fields=["arrived_at", "record_id"], name="feature_waiting", condition=Q(state=0)
            ),
            # the share of duplicates among the last of a tablet, of an enumerator
            models.Index(
                fields=["device", "linked_at"], name="feature_device", condition=~Q(device="")
            ),
            models.Index(
                fields=["enumerator", "linked_at"],
                name="feature_enumerator",
                condition=~Q(enumerator=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.record_id)


class LinkKey(models.Model):
    """A hash that a record is found by; the kind is part of it."""

    key = models.BigIntegerField()
    record_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    size = models.PositiveSmallIntegerField(default=0)  # members of the record: see blocking

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "record_id"], name="link_key_once")]
        indexes = [models.Index(fields=["record_id"], name="link_key_record")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.record_id}"


class LinkFrequency(models.Model):
    """How often a value occurs in a place, over all records: what is rare weighs more."""

    kind = models.CharField(max_length=16)
    place = models.CharField(max_length=80)
    value = models.CharField(max_length=200)
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "place", "value"], name="frequency_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class LinkModel(models.Model):
    """A version of the model, as published: rows are added, the newest counts."""

    version = models.CharField(max_length=40, unique=True)
    json = models.BinaryField()  # byte for byte
    auto_bits = models.FloatField()
    review_bits = models.FloatField()
    features_version = models.PositiveSmallIntegerField()
    trained_on = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.version
