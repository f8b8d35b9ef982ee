"""The JSON shapes of the sync API, for its OpenAPI document. Nothing is read by these.

A push is read leniently (`sync.api.envelope`), so that one bad item never fails another.
"""

from typing import Any

from rest_framework import serializers

OUTCOMES = ("created", "duplicate", "edited", "attachments_added", "quarantined", "rejected")
STATES = ("received", "processed", "flagged", "approved", "rejected", "sent_back", "edited")


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


class MediaFile(serializers.Serializer[Any]):
    name = serializers.CharField()
    hash = serializers.CharField(help_text="md5:…; the same bytes have the same hash.")
    size = serializers.IntegerField(help_text="Bytes.")
    url = serializers.CharField(help_text="Below this server, with the same token.")


class MediaFileOfForm(MediaFile):
    form_id = serializers.CharField()


class PulledForm(serializers.Serializer[Any]):
    form_id = serializers.CharField()
    version = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    hash = serializers.CharField()
    url = serializers.CharField()
    media = MediaFile(many=True)
    state = serializers.ChoiceField(
        choices=("open", "closed"), help_text="closed: no new records; those sent are accepted."
    )


class PulledEntity(serializers.Serializer[Any]):
    uuid = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    version = serializers.IntegerField(help_text="The base of an update (baseVersion).")
    properties = serializers.DictField(
        child=serializers.CharField(), help_text="All of them; those that are blank are left out."
    )


class PulledList(serializers.Serializer[Any]):
    list = serializers.CharField()
    upserts = PulledEntity(many=True)
    deletes = serializers.ListField(child=serializers.UUIDField())


class QuestionComment(serializers.Serializer[Any]):
    path = serializers.CharField()
    text = serializers.CharField()


class Verdict(serializers.Serializer[Any]):
    instance_id = serializers.CharField()
    form_id = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    at = serializers.DateTimeField()
    comment = serializers.CharField(allow_blank=True)
    comments = QuestionComment(many=True)
    household_card = serializers.CharField(allow_blank=True)


class VisitTask(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    round = serializers.CharField(help_text="Its code.")
    household = serializers.UUIDField(help_text="On the list of households.")
    why = serializers.CharField(help_text="The name of the round.")
    until = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=("due", "done"))


class Pull(ServerTime):
    cursor = serializers.CharField(help_text="Opaque; keep it with what the page said.")
    more = serializers.BooleanField(help_text="Ask again at once.")
    reset = serializers.BooleanField(help_text="Forget what earlier pulls said.")
    forms = PulledForm(many=True)
    media = MediaFileOfForm(many=True)
    entities = PulledList(many=True)
    verdicts = Verdict(many=True)
    tasks = VisitTask(many=True)
