"""Shapes of what the API gives and takes, for checking and for the OpenAPI schema; no logic."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from surveys.datasets.layers import LAYERS
from surveys.datasets.models import Export


class ChoiceShape(serializers.Serializer[object]):
    name = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())


class FieldShape(serializers.Serializer[object]):
    name = serializers.CharField(help_text="The key in records and the word in filters.")
    path = serializers.CharField()
    type = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    choices = ChoiceShape(many=True)
    privacy = serializers.ChoiceField(choices=["direct", "quasi", "sensitive", "open"])
    repeat = serializers.CharField(allow_null=True, help_text="Name of the repeat it is asked in.")
    restricted = serializers.BooleanField()
    masked = serializers.BooleanField(help_text="Whether its answers are withheld from you.")
    coarsened = serializers.CharField(
        allow_null=True, help_text="How its answers are coarsened for you."
    )
    short_name = serializers.CharField(help_text="Its name in Stata and SPSS files.")
    missing = serializers.DictField(
        child=serializers.CharField(), help_text="Codes that say why there is no answer."
    )


class RepeatShape(serializers.Serializer[object]):
    name = serializers.CharField()
    path = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    labels = serializers.DictField(child=serializers.CharField())


class FormShape(serializers.Serializer[object]):
    form_id = serializers.CharField()
    title = serializers.CharField()
    version = serializers.CharField()
    versions = serializers.ListField(child=serializers.CharField())
    schema_version = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    repeats = RepeatShape(many=True)
    fields = FieldShape(many=True)  # type: ignore[assignment]


class FormPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FormShape(many=True)


class AboutShape(serializers.Serializer[object]):
    """What a page says of itself."""

    layer = serializers.ChoiceField(choices=LAYERS)
    as_of = serializers.DateTimeField()
    filter = serializers.DictField(child=serializers.CharField())
    schema_version = serializers.CharField()
    count = serializers.IntegerField(allow_null=True, help_text="All rows, where count=1.")


class RecordPage(serializers.Serializer[object]):
    """Records of any form; the schema names each form's own page beside it."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())
    about = AboutShape()


class FiguresShape(serializers.Serializer[object]):
    """What is told of a number in one group; null where nobody answered."""

    count = serializers.IntegerField(help_text="How many answered.")
    sum = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)


class GroupShape(serializers.Serializer[object]):
    key = serializers.DictField(help_text="Name → value, or its label; null where unanswered.")
    count = serializers.IntegerField()
    of = serializers.DictField(child=FiguresShape())


class Groups(serializers.Serializer[object]):
    """Records or rows in groups, as of `about.as_of`, which is less than a minute ago."""

    by = serializers.ListField(child=serializers.CharField())
    of = serializers.ListField(child=serializers.CharField())
    groups = GroupShape(many=True)
    about = AboutShape()


class Exact(serializers.Serializer[object]):
    """What is asked with words that are known: one that is not is refused, never passed over."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({unknown[0]: "This word is not known here."})
        return super().to_internal_value(data)


class AskFile(Exact):
    """What a file is asked with, whatever chooses its records."""

    kind = serializers.CharField(max_length=10)
    language = serializers.CharField(max_length=80, default="", allow_blank=True)
    labels = serializers.BooleanField(default=False)
    separator = serializers.ChoiceField(choices=[",", ";"], default=",")
    purpose = serializers.CharField(max_length=300, default="", allow_blank=True)
    recipient = serializers.CharField(max_length=80, default="", allow_blank=True)
    unmask = serializers.CharField(max_length=300, default="", allow_blank=True)


class AskExport(AskFile):
    """What an export is asked with."""

    form_id = serializers.CharField(max_length=200)
    layer = serializers.CharField(max_length=10, default="corrected")
    filter = serializers.DictField(child=serializers.CharField(max_length=1000), default=dict)


class AskQueryExport(AskFile):
    """What a file of a saved query is asked with."""

    updated_since = serializers.CharField(max_length=40, default="", allow_blank=True)


class SaveQuery(Exact):
    """What a query is saved with."""

    name = serializers.CharField(max_length=120)
    form_id = serializers.CharField(max_length=200)
    repeat = serializers.CharField(max_length=200, default="", allow_blank=True)
    query = serializers.DictField(child=serializers.CharField(max_length=1000), default=dict)
    shared = serializers.BooleanField(default=False)


class SavedQueryShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    form_id = serializers.CharField()
    repeat = serializers.CharField(allow_blank=True)
    query = serializers.DictField(child=serializers.CharField())
    shared = serializers.BooleanField()
    owner = serializers.CharField()
    made_at = serializers.DateTimeField()
    records = serializers.URLField(help_text="The link that stays.")


class SavedQueryPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SavedQueryShape(many=True)


class ExportAsked(serializers.Serializer[object]):
    id = serializers.UUIDField()


class ExportShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    form_id = serializers.CharField()
    kind = serializers.CharField()
    layer = serializers.ChoiceField(choices=LAYERS)
    filter = serializers.DictField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=Export.State.choices)
    progress = serializers.FloatField(min_value=0, max_value=1)
    tables = serializers.DictField(child=serializers.IntegerField())
    as_of = serializers.DateTimeField(allow_null=True)
    asked_at = serializers.DateTimeField()
    size = serializers.IntegerField(help_text="Bytes.")
    error = serializers.CharField(allow_blank=True)
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What the file could not hold."
    )
    download = serializers.URLField(
        allow_null=True, help_text="Takes Range and If-Range, to go on where it broke off."
    )
    expires_at = serializers.DateTimeField(help_text="When the file is removed.")


class ExportPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ExportShape(many=True)
