"""What a follow-up round already knows: entity lists that tablets choose from (ODK Entities)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.places.models import Place
from surveys.rounds.models import Round
from surveys.submissions.models import Submission


class EntityList(models.Model):
    """A named list; `revision` counts its changes.

    Whoever changes a list first raises its revision, and so holds its row until the end of the
    transaction: revisions become visible in order, and a reader who has seen one has seen all
    before it. Its columns are what the published forms save to it: `publish.list_properties`.
    """

    name = models.CharField(max_length=200, unique=True)
    revision = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Entity(models.Model):
    """One row of a list as it is now. `id` is the UUID that the tablet made.

    It is on tablets while it has neither `deleted_at` nor `redirect_to`. `revision` is that of the
    list at its last change.
    """

    id = models.UUIDField(primary_key=True)
    entity_list = models.ForeignKey(
        EntityList, on_delete=models.CASCADE, related_name="entities", db_index=False
    )
    label = models.CharField(max_length=500)
    version = models.PositiveIntegerField(default=1)
    data: Any = models.JSONField(default=dict)
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="+")
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    redirect_to = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="merged"
    )
    deleted_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["entity_list", "created_at", "id"], name="entity_page"),
            # what changed since
            models.Index(fields=["entity_list", "revision", "id"], name="entity_changed"),
        ]
        verbose_name_plural = "entities"

    def __str__(self) -> str:
        return str(self.id)

    @property
    def listed(self) -> bool:
        """Is it on tablets, those of its place?"""
        return self.deleted_at is None and self.redirect_to_id is None

    def stayed(self) -> "Entity":
        """Itself, or what it was merged into."""
        entity = self
        while entity.redirect_to is not None:  # never in a circle: who stays leads nowhere
            entity = entity.redirect_to
        return entity


class EntityVersion(models.Model):
    """What an entity was at each version, and the update that made it so (openrosa.md E7).

    `base_version` is the server version that the update was made on; `branch_id`, `trunk_version`
    and `branch_version` (the device's own count after it) are empty for updates made online.
    `believed`: the values that the tablet which sent it holds otherwise, not knowing of others.
    `corrects`: made by corrections of the record whose action made that version.
    """

    class Conflict(models.TextChoices):
        NONE = "", "None"
        SOFT = "soft", _("Other properties changed in between")
        HARD = "hard", _("The same property changed in between")

    entity = models.ForeignKey(
        Entity, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    version = models.PositiveIntegerField()
    label = models.CharField(max_length=500)
    data: Any = models.JSONField(default=dict)  # all properties, not only the changed ones
    believed: Any = models.JSONField(default=dict)
    base_version = models.PositiveIntegerField(null=True)
    branch_id = models.UUIDField(null=True)
    trunk_version = models.PositiveIntegerField(null=True)
    branch_version = models.PositiveIntegerField(null=True)
    conflict = models.CharField(max_length=4, choices=Conflict, blank=True, default="")
    forced = models.BooleanField(default=False)  # its predecessor never came
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    position = models.PositiveSmallIntegerField(null=True)  # of the entity element in the instance
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "version"], name="entity_version_once"),
            # an action is done once, however often its submission is processed (E10)
            models.UniqueConstraint(fields=["submission", "position"], name="entity_action_once"),
        ]
        indexes = [
            # what corrections made of an action
            models.Index(
                fields=["corrects"], name="entity_corrected", condition=Q(corrects__isnull=False)
            ),
            # the version that a branch's earlier update made
            models.Index(
                fields=["entity", "branch_id", "branch_version"],
                name="entity_branch",
                condition=Q(branch_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} version {self.version}"


class HeldAction(models.Model):
    """An update whose predecessor has not arrived; done in order when it does, or forced (E8).

    `force_after` is None once forcing could do nothing: its entity never came. It still waits.
    """

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="held_actions", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    entity_id = models.UUIDField()  # it need not exist yet
    branch_id = models.UUIDField(null=True)
    held_at = models.DateTimeField(auto_now_add=True)
    force_after = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "position"], name="held_action_once")
        ]
        indexes = [
            models.Index(fields=["entity_id"], name="held_entity"),
            models.Index(fields=["force_after"], name="held_until"),
        ]

    def __str__(self) -> str:
        return f"held {self.pk}"


class EntityConflict(models.Model):
    """Two updates made without knowing of each other, for a person to settle.

    `fields`: one object for each property that differs: name, base (what both started from),
    theirs (the server's when ours came), ours (this update's). The update itself was applied.
    """

    version = models.OneToOneField(EntityVersion, on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="conflicts")
    kind = models.CharField(max_length=4, choices=EntityVersion.Conflict)
    fields: Any = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="entity_conflict_open", condition=Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} conflict {self.pk}"


class ListPlace(models.Model):
    """The newest revision of a list in one place: tablets of other places need not fetch it."""

    entity_list = models.ForeignKey(
        EntityList, on_delete=models.CASCADE, related_name="places", db_index=False
    )
    place = models.ForeignKey(Place, null=True, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity_list", "place"], name="list_place_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.entity_list_id} {self.place_id}"


class EntityDeparture(models.Model):
    """An entity that left a place (moved, deleted, redirected): a delete for who saw it there."""

    entity_list = models.ForeignKey(
        EntityList, on_delete=models.CASCADE, related_name="departures", db_index=False
    )
    entity_id = models.UUIDField()
    place = models.ForeignKey(Place, null=True, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveBigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["entity_list", "revision", "entity_id"], name="entity_departed")
        ]

    def __str__(self) -> str:
        return f"departure {self.pk}"


class Visit(models.Model):
    """A household that is due in a round. Closed by a record of that round about it.

    `revision` is that of the entity's list, so that tablets hear of it as of any change.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="visits")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="visits")
    due_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "entity"], name="visit_once")]
        indexes = [models.Index(fields=["revision", "id"], name="visit_changed")]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class EntityProblem(models.Model):
    """An entity action that could not be done; the submission itself was accepted (E9)."""

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="entity_problems"
    )
    position = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "position", "code"], name="entity_problem_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code
