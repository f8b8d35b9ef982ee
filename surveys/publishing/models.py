"""Drafts of forms, and what was sent to try them.

Test records lie here and nowhere else: no query of records, households, exports or counts can meet
one, so none has to remember to leave them out.
"""

from typing import Any

from django.conf import settings
from django.db import models

from surveys.xforms.document import ITEMSETS
from surveys.xforms.drafting import Draft
from surveys.xforms.excerpt import Excerpt
from surveys.xforms.models import FormVersion
from surveys.xforms.schema import Schema, schema_from_json


class FormDraftQuerySet(models.QuerySet["FormDraft"]):
    def open(self) -> "FormDraftQuerySet":
        return self.filter(closed_at=None)

    def light(self) -> "FormDraftQuerySet":
        """Without the bytes and the schema, which only a draft's own page needs."""
        return self.defer("xlsform", "xform", "schema_json")


class FormDraft(models.Model):
    """A workbook that passed every check, kept until it is published or dropped.

    The `token` opens its blank form and takes test records, nothing else; so it is kept in clear,
    for the page to show its QR code again.
    """

    form_id = models.CharField(max_length=200)
    version = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    file_name = models.CharField(max_length=255, blank=True)
    xlsform = models.BinaryField()
    xform = models.BinaryField()
    md5 = models.CharField(max_length=32)
    schema_json: Any = models.JSONField()
    # `surveys.xforms.excerpt.Excerpt` as JSON.
    excerpts: Any = models.JSONField(default=list)
    untranslated: Any = models.JSONField(default=list)  # `surveys.xforms.translations`
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    # What it became; None for one that was dropped.
    published = models.ForeignKey(
        FormVersion, null=True, on_delete=models.PROTECT, related_name="drafts"
    )

    objects = FormDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["form_id"], name="draft_form")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.version} (draft {self.pk})"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def schema(self) -> Schema:
        return schema_from_json(self.schema_json)

    @property
    def marked(self) -> list[Excerpt]:
        """Its warnings, each with the row it is about."""
        return [Excerpt.from_json(each) for each in self.excerpts]

    def as_draft(self, itemsets: bytes = b"") -> Draft:
        """The same as when the workbook was looked at, not compared with anything."""
        warnings = tuple(each.finding for each in self.marked)
        return Draft(bytes(self.xlsform), bytes(self.xform), self.schema, warnings, (), itemsets)


class DraftFile(models.Model):
    """A file that comes with a draft; it becomes the form's when the draft is published."""

    draft = models.ForeignKey(FormDraft, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    md5 = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "name"], name="draft_file_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_itemsets(self) -> bool:
        return self.name == ITEMSETS


class TrialRecord(models.Model):
    """What was filled in to try a draft, as it arrived. Never data.

    `problem` is the code of why it could not be read; it is kept all the same.
    """

    draft = models.ForeignKey(FormDraft, on_delete=models.PROTECT, related_name="trials")
    instance_id = models.CharField(max_length=255, blank=True)
    raw_xml = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    files: Any = models.JSONField(default=list)  # name, sha256, size, content_type
    user_agent = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    problem = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["draft", "sha256"], name="trial_once")]

    def __str__(self) -> str:
        return f"trial {self.pk}"
