"""Shapes of links in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.households.models import CandidateLink, LinkDecision
from surveys.links.models import Adjudication


class ComparisonShape(serializers.Serializer[object]):
    comparison = serializers.CharField()
    level = serializers.CharField()
    bits = serializers.FloatField()
    words = serializers.CharField()


class AlignedShape(serializers.Serializer[object]):
    a = serializers.IntegerField(help_text="Place in the members of `a`, from 0.")
    b = serializers.IntegerField()
    sure = serializers.BooleanField()


class LinkMemberShape(serializers.Serializer[object]):
    name = serializers.CharField(allow_null=True, help_text="Null where masked.")
    relation = serializers.CharField()
    sex = serializers.CharField()
    birth = serializers.CharField()


class LinkRecordShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    form_id = serializers.CharField()
    household = serializers.UUIDField(allow_null=True)
    card = serializers.CharField()
    place = serializers.CharField(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    head = serializers.CharField(allow_null=True, help_text="Null where masked.")
    phones = serializers.ListField(child=serializers.CharField(), allow_null=True)
    members = LinkMemberShape(many=True)


class LinkShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CandidateLink.Kind.choices)
    state = serializers.ChoiceField(choices=CandidateLink.State.choices)
    a = LinkRecordShape()
    b = LinkRecordShape()
    weight = serializers.FloatField(help_text="Bits; the sum of `comparisons`.")
    comparisons = ComparisonShape(many=True)
    vetoes = serializers.ListField(child=serializers.CharField())
    aligned = AlignedShape(many=True)
    model = serializers.CharField()
    place = serializers.CharField(allow_null=True)
    brake = serializers.CharField(allow_null=True)
    found_at = serializers.DateTimeField()
    newest = serializers.IntegerField(help_text="Newest decision on either record, 0 where none.")


class LinkPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LinkShape(many=True)


class LinkDecisionShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    a = serializers.UUIDField()
    b = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=LinkDecision.Verdict.choices)
    kind = serializers.ChoiceField(choices=LinkDecision.Source.choices)
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Null for who may not decide.")
    weight = serializers.FloatField(allow_null=True)
    at = serializers.DateTimeField()
    revokes = serializers.IntegerField(allow_null=True)
    revoked = serializers.BooleanField()


class LinkDecisionPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LinkDecisionShape(many=True)


class DecisionMade(LinkDecisionShape):
    households = serializers.DictField(
        child=serializers.UUIDField(allow_null=True),
        help_text="The household of `a` and of `b`, as they are now.",
    )


class SayOfPair(serializers.Serializer[object]):
    """What a person says of two records."""

    a = serializers.UUIDField()
    b = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=Adjudication.Verdict.values)
    reason = serializers.CharField(default="", allow_blank=True, help_text="Write no names.")
    newest = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="As read in `links/`; had anything been decided since, the answer is 409.",
    )


class TakeBack(serializers.Serializer[object]):
    reason = serializers.CharField(default="", allow_blank=True, help_text="Write no names.")
