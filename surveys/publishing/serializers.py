"""Shapes of drafts in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers


class FormFinding(serializers.Serializer[object]):
    """What is wrong or odd in a workbook, and where."""

    words = serializers.CharField()
    sheet = serializers.CharField(allow_blank=True)
    row = serializers.IntegerField(allow_null=True, help_text="As the spreadsheet numbers it.")
    column = serializers.CharField(allow_blank=True, help_text="Its header.")


class FormChange(serializers.Serializer[object]):
    kind = serializers.CharField()
    path = serializers.CharField(allow_blank=True)
    words = serializers.CharField()
    breaks = serializers.BooleanField(help_text="Old answers are no longer comparable.")


class LikelyRename(serializers.Serializer[object]):
    old = serializers.CharField()
    new = serializers.CharField()
    words = serializers.CharField(allow_blank=True)


class MissingTranslation(serializers.Serializer[object]):
    language = serializers.CharField(allow_blank=True)
    what = serializers.CharField()
    sheet = serializers.CharField()
    row = serializers.IntegerField()
    column = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class FormDraftLine(serializers.Serializer[object]):
    id = serializers.IntegerField()
    form_id = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="open, published or dropped")
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)


class FormDraftShape(FormDraftLine):
    """`compared_with` goes back as `looked_at` when the draft is published."""

    compared_with = serializers.IntegerField(allow_null=True)
    compared_version = serializers.CharField(allow_null=True)
    warnings = FormFinding(many=True)
    changes = FormChange(many=True)
    likely_renames = LikelyRename(many=True)
    untranslated = MissingTranslation(many=True)
    classes = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    refused = serializers.CharField(allow_null=True, help_text="Why it cannot be published now.")


class FormDraftPage(serializers.Serializer[object]):
    results = FormDraftLine(many=True)


class WorkbookUpload(serializers.Serializer[object]):
    workbook = serializers.FileField(help_text="An XLSForm, .xlsx or .xls.")


class DraftFileUpload(serializers.Serializer[object]):
    file = serializers.FileField(help_text="It keeps its name: forms refer to files by name.")


class DraftFileShape(serializers.Serializer[object]):
    name = serializers.CharField()
    md5 = serializers.CharField()


class PublishDraft(serializers.Serializer[object]):
    looked_at = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=2**63 - 1, help_text="`compared_with` as read."
    )
    breaks_confirmed = serializers.BooleanField(default=False)
    round = serializers.CharField(
        required=False, allow_blank=True, help_text="Code; empty for every tablet. Else it stays."
    )
    renamed = serializers.DictField(
        child=serializers.CharField(), default=dict, help_text="Old name → new name."
    )


class PublishedVersion(serializers.Serializer[object]):
    form_id = serializers.CharField()
    version = serializers.CharField()
    round = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField()


class TrialShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    instance_id = serializers.CharField(allow_blank=True)
    received_at = serializers.DateTimeField()
    files = serializers.IntegerField()
    problem = serializers.CharField(allow_null=True)


class TrialPage(serializers.Serializer[object]):
    results = TrialShape(many=True)


class AssignForm(serializers.Serializer[object]):
    """What is left out stays as it is."""

    round = serializers.CharField(required=False, allow_blank=True, help_text="Code, or empty.")
    places = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=2000,
        help_text="Codes of the round's places; none means everywhere.",
    )
    listed = serializers.BooleanField(required=False, help_text="Whether tablets see the form.")


class FormAssignment(serializers.Serializer[object]):
    form_id = serializers.CharField()
    round = serializers.CharField(allow_null=True)
    places = serializers.ListField(child=serializers.CharField())
    listed = serializers.BooleanField()
