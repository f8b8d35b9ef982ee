"""Shapes of corrections in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.corrections.models import Correction, CorrectionStep, Errand
from surveys.corrections.propose import LONGEST_REASON, MOST_AT_ONCE


class CorrectionStepShape(serializers.Serializer[object]):
    step = serializers.ChoiceField(choices=CorrectionStep.Step.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    why = serializers.CharField(allow_null=True, help_text="Null for who may not review.")


class CorrectionShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    bundle = serializers.UUIDField(help_text="What was proposed together.")
    form_id = serializers.CharField()
    record = serializers.UUIDField()
    row = serializers.UUIDField(help_text="Of a repeat; of the root it is the record's id.")
    path = serializers.CharField()
    action = serializers.ChoiceField(choices=Correction.Action.choices)
    old = serializers.CharField(allow_null=True, help_text="As a tablet writes it; null: masked.")
    new = serializers.CharField(allow_null=True)
    masked = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Null for who may not review.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # DRF has a `source` too
        choices=Correction.Source.choices
    )
    state = serializers.ChoiceField(choices=Correction.State.choices)
    why = serializers.CharField(help_text="Why it does not hold now, where it does not.")
    proposed_by = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    steps = CorrectionStepShape(many=True)


class CorrectionPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CorrectionShape(many=True)


class WishedChange(serializers.Serializer[object]):
    row = serializers.UUIDField(required=False, help_text="The record itself where it is left out.")
    path = serializers.CharField(
        max_length=1000, allow_blank=True, help_text="Blank, with `drop`: the whole record."
    )
    new = serializers.JSONField(
        required=False, allow_null=True, help_text="As in plain answers of the sync API."
    )
    old = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="The text you saw; refused where another stands there.",
    )
    action = serializers.ChoiceField(
        choices=Correction.Action.choices, default=Correction.Action.REPLACE
    )


class Proposal(serializers.Serializer[object]):
    """Corrections of one record that hold together or not at all."""

    record = serializers.UUIDField()
    changes = serializers.ListField(child=WishedChange(), min_length=1, max_length=MOST_AT_ONCE)
    reason = serializers.CharField(max_length=LONGEST_REASON, allow_blank=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Correction.Source.choices, default=Correction.Source.OFFICE
    )
    unmask = serializers.CharField(
        default="", allow_blank=True, help_text="Why you need to see personal data."
    )


class CorrectionMove(serializers.Serializer[object]):
    why = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_REASON)
    unmask = serializers.CharField(default="", allow_blank=True)
    whole_bundle = serializers.BooleanField(default=False)


class CorrectionsDecided(serializers.Serializer[object]):
    corrections = CorrectionShape(many=True)


class ErrandShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    bundle = serializers.UUIDField()
    move = serializers.ChoiceField(choices=Errand.Move.choices)
    state = serializers.ChoiceField(choices=Errand.State.choices)
    total = serializers.IntegerField(help_text="Answers, when it was asked for.")
    done = serializers.IntegerField()
    left = serializers.IntegerField()
    refused = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Code of the problem → answers left as they are.",
    )
    error = serializers.CharField(allow_blank=True, help_text="Code of the problem that ended it.")
    asked_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
