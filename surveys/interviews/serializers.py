"""Shapes of the field board in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.interviews.forecast import Outlook


class EnumeratorLineShape(serializers.Serializer[object]):
    enumerator = serializers.CharField(help_text="As the record has it; empty for the team.")
    interviews = serializers.IntegerField()
    by_day = serializers.ListField(child=serializers.IntegerField())
    minutes = serializers.FloatField(allow_null=True, help_text="Median.")
    delay_hours = serializers.FloatField(allow_null=True, help_text="Median, until it arrived.")
    flagged = serializers.FloatField(help_text="Share of records, 0 to 1.")
    rejected = serializers.FloatField(help_text="Share rejected or sent back.")
    at_night = serializers.IntegerField()
    overlapping = serializers.IntegerField()
    stands_out = serializers.ListField(child=serializers.CharField())


class FieldDistrictShape(serializers.Serializer[object]):
    code = serializers.CharField(allow_null=True, help_text="Null: the record names none.")
    name = serializers.CharField(allow_blank=True)
    interviews = serializers.IntegerField()


class ForecastShape(serializers.Serializer[object]):
    outlook = serializers.ChoiceField([each.value for each in Outlook])
    per_day = serializers.FloatField(allow_null=True, help_text="Interviews a working day.")
    ends_on = serializers.DateField(allow_null=True)
    earliest = serializers.DateField(allow_null=True, help_text="Of the 95% interval.")
    latest = serializers.DateField(allow_null=True, help_text="Null: it has no end.")
    after_last_day = serializers.BooleanField()


class ProgressShape(serializers.Serializer[object]):
    round = serializers.CharField()
    place = serializers.CharField(allow_null=True, help_text="Null: the whole round.")
    name = serializers.CharField(allow_blank=True)
    target = serializers.IntegerField(help_text="Households.")
    done = serializers.IntegerField()
    left = serializers.IntegerField()
    elsewhere = serializers.IntegerField(help_text="Done where no place has a target.")
    closes_on = serializers.DateField(allow_null=True)
    forecast = ForecastShape()


class FieldTabletShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    is_overdue = serializers.BooleanField()
    unsent = serializers.IntegerField(allow_null=True)
    oldest_unsent_at = serializers.DateTimeField(allow_null=True)
    app = serializers.CharField(allow_blank=True)
    app_outdated = serializers.BooleanField()
    forms_outdated = serializers.ListField(child=serializers.CharField())
    battery = serializers.IntegerField(allow_null=True, help_text="Percent.")
    clock_off = serializers.IntegerField(allow_null=True, help_text="Seconds, minus ours.")


class FieldBoardShape(serializers.Serializer[object]):
    as_of = serializers.DateTimeField()
    form_id = serializers.CharField(allow_null=True)
    days = serializers.ListField(child=serializers.DateField())
    team = EnumeratorLineShape()
    enumerators = EnumeratorLineShape(many=True)
    districts = FieldDistrictShape(many=True)
    progress = ProgressShape(many=True)
    tablets = FieldTabletShape(many=True)


class RoundTargetShape(serializers.Serializer[object]):
    round = serializers.CharField()
    place = serializers.CharField()
    households = serializers.IntegerField()


class RoundTargetList(serializers.Serializer[object]):
    count = serializers.IntegerField()
    results = RoundTargetShape(many=True)


class AskTargets(serializers.Serializer[object]):
    file = serializers.FileField(help_text="CSV or XLSX: round, place, households.")


class TargetsLoaded(serializers.Serializer[object]):
    rows = serializers.IntegerField()
