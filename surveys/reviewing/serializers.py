"""Shapes of review in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.submissions.models import ReviewStep, Submission
from surveys.submissions.review import VERBS


class CommentShape(serializers.Serializer[object]):
    path = serializers.CharField(
        max_length=1000, help_text="As in `forms/`; one row of a repeat is `member[2]`."
    )
    text = serializers.CharField()


class StepShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    step = serializers.ChoiceField(choices=ReviewStep.Step.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True, help_text="Null: the server, by itself.")
    edition = serializers.CharField()
    comment = serializers.CharField(allow_null=True, help_text="Null for who may not review.")
    comments = CommentShape(many=True, allow_null=True)


class HistoryShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    edition = serializers.CharField(help_text="instance_id of the edition that counts.")
    review_state = serializers.ChoiceField(choices=Submission.ReviewState.choices)
    last_step = serializers.IntegerField(help_text="0 where there is none.")
    steps = StepShape(many=True)


class Decision(serializers.Serializer[object]):
    """One step a reviewer takes, and what they had before them."""

    step = serializers.ChoiceField(choices=sorted(VERBS))
    edition = serializers.CharField(max_length=255)
    last_step = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="As read; without it only a record nobody decided on is decided on.",
    )
    comment = serializers.CharField(default="", allow_blank=True)
    comments = CommentShape(many=True, default=list)
