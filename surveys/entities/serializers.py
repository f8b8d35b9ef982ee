"""Shapes of entity lists in JSON, for checking and for the OpenAPI schema; no logic."""

from rest_framework import serializers

from surveys.entities.settle import LONGEST_REASON, SIDES


class PropertyShape(serializers.Serializer[object]):
    name = serializers.CharField()
    masked = serializers.BooleanField(help_text="Whether its values are withheld from you.")


class ListShape(serializers.Serializer[object]):
    name = serializers.CharField()
    revision = serializers.IntegerField(help_text="Counts the changes of the list.")
    properties = PropertyShape(many=True)
    entities = serializers.IntegerField()
    open_conflicts = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Updates that wait for the one before them.")
    problems = serializers.IntegerField()


class EntityShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    version = serializers.IntegerField()
    place = serializers.CharField(allow_null=True)
    properties = serializers.DictField(child=serializers.CharField(allow_null=True))
    redirect_to = serializers.UUIDField(allow_null=True, help_text="What it was merged into.")
    deleted_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EntityPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntityShape(many=True)


class VersionShape(serializers.Serializer[object]):
    version = serializers.IntegerField()
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    properties = serializers.DictField(child=serializers.CharField(allow_null=True))
    base_version = serializers.IntegerField(allow_null=True)
    branch_id = serializers.UUIDField(allow_null=True)
    trunk_version = serializers.IntegerField(allow_null=True)
    conflict = serializers.CharField(help_text="soft, hard or empty")
    forced = serializers.BooleanField(help_text="The update before it never came.")
    instance_id = serializers.CharField(allow_null=True)
    by = serializers.CharField(allow_null=True, help_text="Who settled a conflict with it.")
    created_at = serializers.DateTimeField()


class EntityHistory(EntityShape):
    versions = VersionShape(many=True)


class SidesShape(serializers.Serializer[object]):
    name = serializers.CharField()
    base = serializers.CharField(allow_null=True, help_text="What the update started from.")
    theirs = serializers.CharField(allow_null=True, help_text="What the server held by then.")
    ours = serializers.CharField(allow_null=True, help_text="What the update says.")
    now = serializers.CharField(allow_null=True)
    masked = serializers.BooleanField()


class ConflictShape(serializers.Serializer[object]):
    id = serializers.IntegerField()
    entity = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["soft", "hard"])
    version = serializers.IntegerField(help_text="The version that the update made.")
    entity_version = serializers.IntegerField(help_text="To be sent back when settling.")
    fields = SidesShape(many=True)  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class ConflictPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ConflictShape(many=True)


class ChosenSide(serializers.Serializer[object]):
    """`take` one of the sides, or a `value` of your own."""

    take = serializers.ChoiceField(choices=SIDES, required=False)
    value = serializers.CharField(required=False, allow_blank=True, max_length=10_000)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if len(attrs) != 1:  # nothing said would else mean: clear it
            raise serializers.ValidationError("give either take or value")
        return attrs


class Settlement(serializers.Serializer[object]):
    """What a conflict is settled with."""

    choices = serializers.DictField(child=ChosenSide())
    entity_version = serializers.IntegerField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class TroubleShape(serializers.Serializer[object]):
    instance_id = serializers.CharField()
    position = serializers.IntegerField(help_text="Of the entity element in the instance.")
    code = serializers.CharField(required=False)
    entity = serializers.UUIDField(required=False)
    force_after = serializers.DateTimeField(required=False, allow_null=True)
    since = serializers.DateTimeField()


class TroublePage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TroubleShape(many=True)
