"""The JSON shapes of the sync API, for its OpenAPI document. Nothing is read by these.

A push is read leniently (`sync.api.envelope`), so that one bad item never fails another.
"""

from typing import Any

from rest_framework import serializers

OUTCOMES = ("created", "duplicate", "edited", "attachments_added", "quarantined", "rejected")


class EnrolRequest(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="The one-time code of the QR code.")
    name = serializers.CharField(required=False, allow_blank=True)
    app = serializers.CharField(required=False, allow_blank=True)
    platform = serializers.CharField(required=False, allow_blank=True)


class EnrolledSurvey(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class EnrolledPlace(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    name_local = serializers.CharField(allow_blank=True)
    level = serializers.IntegerField(help_text="0 country, 1 oblast, 2 district, 3 village.")


class Enrolment(serializers.Serializer[Any]):
    device_id = serializers.IntegerField()
    token = serializers.CharField(help_text="Shown this once.")
    server_time = serializers.DateTimeField()
    survey = EnrolledSurvey(many=True)
    places = EnrolledPlace(many=True)


class TabletForm(serializers.Serializer[Any]):
    form_id = serializers.CharField()
    version = serializers.CharField(allow_blank=True)


class TabletHealth(serializers.Serializer[Any]):
    app = serializers.CharField(required=False, allow_blank=True)
    platform = serializers.CharField(required=False, allow_blank=True)
    battery = serializers.IntegerField(required=False, help_text="Percent.")
    free_mb = serializers.IntegerField(required=False)
    unsent = serializers.IntegerField(required=False, help_text="Records waiting on the tablet.")
    oldest_unsent = serializers.DateTimeField(required=False)
    forms = TabletForm(many=True, required=False)


class HealthReport(serializers.Serializer[Any]):
    sent_at = serializers.DateTimeField(required=False, help_text="By the tablet's own clock.")
    health = TabletHealth(required=False)


class ServerTime(serializers.Serializer[Any]):
    server_time = serializers.DateTimeField()


class AnnouncedFile(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField(required=False, min_value=0)
    sha256 = serializers.CharField(required=False)


class PushItem(serializers.Serializer[Any]):
    """Either `instance`, or `answers` with the ids beside them."""

    key = serializers.CharField(required=False, help_text="Echoed; else the place, from 0.")
    instance = serializers.CharField(required=False, help_text="The record as XML.")
    attachments = AnnouncedFile(many=True, required=False)
    form_id = serializers.CharField(required=False)
    version = serializers.CharField(required=False, allow_blank=True)
    instance_id = serializers.CharField(required=False)
    deprecated_id = serializers.CharField(required=False, allow_blank=True)
    answers = serializers.DictField(required=False)


class Push(HealthReport):
    items = PushItem(many=True, required=False)


class FileProblem(serializers.Serializer[Any]):
    code = serializers.CharField()


class FileState(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=("stored", "missing", "refused"))
    upload = serializers.CharField(required=False, help_text="Where to send it, by tus.")
    problem = FileProblem(required=False)


class AnswerFault(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="roster/member[2]/age")
    code = serializers.CharField()
    detail = serializers.CharField(required=False)


class ItemProblem(serializers.Serializer[Any]):
    """And what the code adds, such as `form_id`."""

    code = serializers.CharField()
    detail = serializers.CharField()
    retry = serializers.BooleanField(help_text="Can sending it again help?")
    errors = AnswerFault(many=True, required=False)  # type: ignore[assignment]


class ItemResult(serializers.Serializer[Any]):
    key = serializers.JSONField(help_text="As sent: text or a whole number.")
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    instance_id = serializers.CharField(required=False)
    attachments = FileState(many=True, required=False)
    problem = ItemProblem(required=False)


class PushResult(ServerTime):
    results = ItemResult(many=True)
