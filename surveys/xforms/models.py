"""Forms and their fixed editions. What is published is frozen: its bytes are what tablets hash."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.fields.json import KeyTransform

from surveys.rounds.models import Round
from surveys.xforms.compare import Change
from surveys.xforms.findings import Finding
from surveys.xforms.schema import Schema, schema_from_json

LARGE = ("xlsform", "xform", "schema_json")  # of a version


class FormQuerySet(models.QuerySet["Form"]):
    def listed(self) -> "FormQuerySet":
        """What tablets see in their form list."""
        return self.filter(current__isnull=False, retired_at=None).with_current()

    def with_current(self) -> "FormQuerySet":
        """Each with its current version, but for what of it is large."""
        return self.select_related("current").defer(*(f"current__{name}" for name in LARGE))

    def with_versions(self) -> "FormQuerySet":
        """Each with the ids of its versions, so that these need not be asked for."""
        versions = FormVersion.objects.filter(form=models.OuterRef("pk"))
        newest = versions.order_by("-published_at", "-pk").values("pk")
        return self.annotate(**{"version_pks": ArraySubquery(newest)})


class Form(models.Model):
    """A questionnaire known to tablets by `form_id`."""

    version_pks: list[int] | None = None  # newest first, if the query was `with_versions`

    form_id = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=300)
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="forms"
    )
    current = models.ForeignKey(
        "FormVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FormQuerySet.as_manager()

    class Meta:
        ordering = ["form_id"]

    def __str__(self) -> str:
        return self.form_id


class FormVersion(models.Model):
    """One published edition: the workbook, the XForm bytes as served, the schema read from them."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300)
    xlsform = models.BinaryField()
    xform = models.BinaryField()
    md5 = models.CharField(max_length=32)
    schema_json: Any = models.JSONField()
    # The one part of the schema that every form list needs; reading the whole would cost more.
    entity_lists: Any = models.GeneratedField(
        expression=KeyTransform("entity_lists", "schema_json"),
        output_field=models.JSONField(),
        db_persist=True,
    )
    warnings: Any = models.JSONField(default=list)
    # What broke comparability with the version before, as shown when it was published.
    changes: Any = models.JSONField(default=list)
    # Questions that are an older one under another name, as confirmed: new path → old path.
    renamed: Any = models.JSONField(default=dict)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # What comes after this is flagged, and kept. Never of the form's current version.
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["form", "-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["form", "version"], name="form_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.form.form_id} {self.version}"

    @property
    def what_changed(self) -> list[Change]:
        return [Change.from_json(each) for each in self.changes]

    @property
    def what_was_odd(self) -> list[Finding]:
        return [Finding.from_json(each) for each in self.warnings]

    @property
    def schema(self) -> Schema:
        return schema_of_version(self.pk)


@lru_cache(maxsize=256)
def schema_of_version(pk: int) -> Schema:
    """The schema of a published version; published versions never change, so it may be kept."""
    return schema_from_json(FormVersion.objects.values_list("schema_json", flat=True).get(pk=pk))


class FormMedia(models.Model):
    """A file that a form's manifest names. Same bytes in a new version: same hash and URL."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="media")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    md5 = models.CharField(max_length=32)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "name"], name="form_media_once")]

    def __str__(self) -> str:
        return self.name


def unknown_forms(form_ids: Sequence[str]) -> list[str]:
    """Those that no form has."""
    asked = [form_id for form_id in form_ids if "\0" not in form_id]
    there = set(Form.objects.filter(form_id__in=asked).values_list("form_id", flat=True))
    return [form_id for form_id in form_ids if form_id not in there]
