"""Shapes of indicators in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers


class FigureShape(serializers.Serializer[object]):
    measure = serializers.CharField()
    group = serializers.DictField(child=serializers.CharField())
    value = serializers.FloatField(allow_null=True, help_text="Null where hidden or not defined.")
    count = serializers.FloatField(allow_null=True, help_text="The numerator.")
    base = serializers.FloatField(allow_null=True, help_text="The denominator.")
    households = serializers.IntegerField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Of the 95% interval.")
    high = serializers.FloatField(allow_null=True)
    hidden = serializers.CharField(
        allow_blank=True, help_text="What stands for a hidden number: <5, n<20, or a dash."
    )


class ToldFigureShape(FigureShape):
    so_far = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="Counts by quarter alone have it: with all quarters before it. Null from the "
        "first hidden quarter on.",
    )


class DistrictFeature(serializers.Serializer[object]):
    type = serializers.CharField()
    id = serializers.CharField(help_text="The district's code.")
    geometry = serializers.DictField(allow_null=True)
    properties = serializers.DictField(
        help_text="`code`, `name`, `oblast`, `oblast_name`; a property for each measure and group."
    )


class DistrictFeatures(serializers.Serializer[object]):
    type = serializers.CharField()
    indicator = serializers.CharField()
    as_of = serializers.DateTimeField()
    unmatched = serializers.ListField(
        child=serializers.CharField(), help_text="Codes without an outline."
    )
    features = DistrictFeature(many=True)


class SideShape(serializers.Serializer[object]):
    key = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField())


class NamedShape(serializers.Serializer[object]):
    code = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField()
    measures = serializers.DictField(child=serializers.CharField())
    groups = serializers.ListField(child=serializers.CharField())


class IndicatorShape(NamedShape):
    version = serializers.CharField(help_text="Of the definitions.")
    as_of = serializers.DateTimeField()
    time_zone = serializers.CharField()
    states = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()
    until = serializers.DateField(allow_null=True)
    by = serializers.ListField(child=serializers.CharField())
    rows = ToldFigureShape(many=True)
    additive = serializers.BooleanField(help_text="Whether the rows of a measure add up.")
    targets = serializers.DictField(child=serializers.FloatField())
    lower_bound = serializers.IntegerField(allow_null=True)
    records = serializers.IntegerField()
    households = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    dropped = serializers.DictField(
        child=serializers.IntegerField(allow_null=True),
        help_text="Null where hidden: small, or beside a small one.",
    )
    tables = SideShape(many=True)
    open_links = serializers.IntegerField()
    snapshot = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        """With `from`, which is a word of Python."""
        return {**super().get_fields(), "from": serializers.DateField(allow_null=True)}


class ListedShape(NamedShape):
    headline = FigureShape(many=True)
    missing = serializers.DictField()
    target = serializers.FloatField(allow_null=True)


class IndicatorList(serializers.Serializer[object]):
    as_of = serializers.DateTimeField(allow_null=True)
    results = ListedShape(many=True)


class BehindShape(serializers.Serializer[object]):
    household = serializers.UUIDField(allow_null=True)
    on = serializers.DateField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    base = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why it is left out.")
    score = serializers.IntegerField(
        allow_null=True, help_text="Of vulnerability; O3.1's left out ones."
    )
    days = serializers.IntegerField(
        allow_null=True, help_text="Since the baseline; O3.1's left out ones."
    )
    place = serializers.CharField(allow_null=True)


class BehindPage(serializers.Serializer[object]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = BehindShape(many=True)


class RunShape(serializers.Serializer[object]):
    as_of = serializers.DateTimeField()
    version = serializers.CharField()
    snapshot = serializers.CharField()
    rows = FigureShape(many=True)


class RestatementShape(serializers.Serializer[object]):
    at = serializers.DateTimeField()
    measure = serializers.CharField()
    group = serializers.DictField(child=serializers.CharField())
    was = serializers.FloatField(allow_null=True)
    now = serializers.FloatField(allow_null=True)
    version = serializers.CharField()
    snapshot = serializers.CharField()


class FrozenShape(serializers.Serializer[object]):
    period = serializers.CharField()
    until = serializers.DateField(allow_null=True)
    states = serializers.CharField()
    version = serializers.CharField()
    snapshot = serializers.CharField()
    as_of = serializers.DateTimeField()
    frozen_at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()
    rows = FigureShape(many=True)
    restatements = RestatementShape(many=True)


class IndicatorHistoryShape(NamedShape):
    runs = RunShape(many=True)
    frozen = FrozenShape(many=True)


class AskFreeze(serializers.Serializer[object]):
    period = serializers.CharField(max_length=10)
    reason = serializers.CharField(max_length=300)
    states = serializers.CharField(required=False, default="")


class AskLoad(serializers.Serializer[object]):
    file = serializers.FileField()


class OverrideShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    household = serializers.UUIDField()
    vulnerable = serializers.BooleanField()
    reason = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.CharField(allow_null=True)
    revoked_why = serializers.CharField(allow_blank=True)


class OverrideList(serializers.Serializer[object]):
    results = OverrideShape(many=True)


class AskOverride(serializers.Serializer[object]):
    household = serializers.UUIDField()
    vulnerable = serializers.BooleanField()
    reason = serializers.CharField(max_length=300)


class AskRevokeOverride(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=300)


class Loaded(serializers.Serializer[object]):
    rows = serializers.IntegerField()


class Rung(serializers.Serializer[object]):
    state = serializers.CharField()
