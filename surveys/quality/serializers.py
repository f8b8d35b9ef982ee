"""Shapes of quality in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.cleaning.models import FlagStep, QualityFlag
from surveys.quality.catalog import OWNERS, SEVERITIES


class QualityFlagShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    code = serializers.CharField()
    what = serializers.CharField(help_text="The code in words.")
    severity = serializers.ChoiceField(choices=SEVERITIES)
    owner = serializers.ChoiceField(choices=OWNERS)
    state = serializers.ChoiceField(choices=QualityFlag.State.choices)
    origin = serializers.ChoiceField(choices=QualityFlag.Origin.choices)
    record = serializers.UUIDField()
    form = serializers.CharField()
    edition = serializers.CharField(help_text="instance_id of the edition that counts.")
    review_state = serializers.CharField()
    path = serializers.CharField(help_text="Of the question; empty: the whole record.")
    place = serializers.CharField(allow_null=True)
    enumerator = serializers.CharField()
    measure = serializers.DictField(help_text="What was found; null where masked.")
    bounds = serializers.DictField(help_text="What it was held against.")
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class QualityFlagPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = QualityFlagShape(many=True)


class FlagStepShape(serializers.Serializer[object]):
    was = serializers.ChoiceField(choices=QualityFlag.State.choices)
    now = serializers.ChoiceField(choices=QualityFlag.State.choices)
    why = serializers.ChoiceField(choices=FlagStep.Why.choices, allow_blank=True)
    reason = serializers.CharField(allow_null=True, help_text="Null for who may not review.")
    by = serializers.CharField(allow_null=True, help_text="Null: the server, by itself.")
    at = serializers.DateTimeField()


class QualityFlagHistory(QualityFlagShape):
    steps = FlagStepShape(many=True)


class SayOfFlag(serializers.Serializer[object]):
    """What a person decides on a flag."""

    state = serializers.ChoiceField(choices=QualityFlag.State.choices)
    reason = serializers.CharField(max_length=500, help_text="Write no names.")
    looked = serializers.ChoiceField(
        choices=QualityFlag.State.choices,
        help_text="The state as read; had it changed since, the answer is 409.",
    )
    edition = serializers.CharField(
        required=False, max_length=255, help_text="To send the record back: the edition as read."
    )
    last_step = serializers.IntegerField(
        required=False, min_value=0, help_text="To send it back: its last step as read."
    )


class CodeCount(serializers.Serializer[object]):
    code = serializers.CharField()
    what = serializers.CharField()
    group = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    owner = serializers.ChoiceField(choices=OWNERS)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="By state.")
    new = serializers.IntegerField(help_text="Found since the beginning of yesterday.")


class EffectShape(serializers.Serializer[object]):
    count = serializers.IntegerField()
    mean = serializers.FloatField()
    sd = serializers.FloatField()
    least = serializers.FloatField()
    most = serializers.FloatField()
    others = serializers.FloatField(help_text="The mean of all other enumerators.")
    z = serializers.FloatField(allow_null=True, help_text="Null: too few interviews.")
    far = serializers.BooleanField()
    narrow = serializers.BooleanField()


class ErrorRate(serializers.Serializer[object]):
    differing = serializers.IntegerField()
    compared = serializers.IntegerField()


class EnumeratorLine(serializers.Serializer[object]):
    enumerator = serializers.CharField()
    interviews = serializers.IntegerField()
    refused = serializers.IntegerField()
    records = serializers.IntegerField()
    flags = serializers.IntegerField(help_text="Open or sent to the field.")
    down = serializers.IntegerField(help_text="Records rejected or sent back.")
    effects = serializers.DictField(child=EffectShape())
    rank = serializers.IntegerField(help_text="1 is to be looked at first; equals share a rank.")
    standing_out = serializers.IntegerField(help_text="Measures that are far or narrow.")
    furthest = serializers.FloatField(
        allow_null=True, help_text="The largest distance of a measure, in standard errors."
    )
    error_rates = serializers.DictField(
        child=ErrorRate(), help_text="Of back-checks, by type of variable."
    )


class DayLine(serializers.Serializer[object]):
    day = serializers.DateField()
    records = serializers.IntegerField()
    refused = serializers.IntegerField()
    flagged = serializers.IntegerField()
    down = serializers.IntegerField()


class ProgressLine(serializers.Serializer[object]):
    round = serializers.CharField()
    place = serializers.CharField(allow_null=True)
    place_name = serializers.CharField()
    planned = serializers.IntegerField()
    done = serializers.IntegerField()


class WeekdayLine(serializers.Serializer[object]):
    enumerator = serializers.CharField(help_text="Empty: everybody.")
    weekday = serializers.IntegerField(help_text="1 is Monday.")
    hours = serializers.DictField(
        child=serializers.IntegerField(), help_text="Hour of the day: interviews begun in it."
    )


class SignedRankShape(serializers.Serializer[object]):
    z = serializers.FloatField(help_text="Below 0: second answers are smaller.")
    p = serializers.FloatField(help_text="Two-sided.")


class AskedTwiceLine(serializers.Serializer[object]):
    """Null where there are fewer than ten pairs, or no spread."""

    form = serializers.CharField()
    name = serializers.CharField()
    type = serializers.IntegerField()
    pairs = serializers.IntegerField()
    mean = serializers.FloatField(help_text="Of second answer less first.")
    t = serializers.FloatField(allow_null=True)
    signed_rank = SignedRankShape(allow_null=True)
    reliability = serializers.FloatField(allow_null=True, help_text="1 − SRV / variance.")


class QualityReport(serializers.Serializer[object]):
    as_of = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True, help_text="Null: never yet.")
    codes = CodeCount(many=True)
    enumerators = EnumeratorLine(many=True)
    enumerators_elsewhere = serializers.IntegerField(
        help_text="Enumerators who also asked where you do not see."
    )
    days = DayLine(many=True)
    progress = ProgressLine(many=True)
    time_use = WeekdayLine(many=True)
    asked_twice = AskedTwiceLine(many=True)


class CheckShape(serializers.Serializer[object]):
    code = serializers.CharField()
    what = serializers.CharField()
    group = serializers.CharField()
    severity = serializers.ChoiceField(choices=SEVERITIES)
    owner = serializers.ChoiceField(choices=OWNERS)
    when = serializers.ChoiceField(choices=("arrival", "night"))
    enabled = serializers.BooleanField()
    parameters = serializers.DictField(child=serializers.FloatField())


class CheckList(serializers.Serializer[object]):
    results = CheckShape(many=True)
