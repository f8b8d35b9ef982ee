"""Shapes of households in JSON, for the OpenAPI schema; no logic."""

from rest_framework import serializers


class SubmissionShape(serializers.Serializer[object]):
    id = serializers.UUIDField(help_text="The record's permanent id.")
    form_id = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)


class HouseholdShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    redirect_to = serializers.UUIDField(allow_null=True)
    card_numbers = serializers.ListField(child=serializers.CharField())
    place = serializers.CharField(allow_null=True)
    members = serializers.ListField(child=serializers.DictField())
    submissions = SubmissionShape(many=True)
    open_links = serializers.IntegerField()


class HouseholdPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = HouseholdShape(many=True)
