"""What a follow-up round already knows: entity lists that tablets choose from (ODK Entities)."""

from typing import Any

from django.db import models

from surveys.submissions.models import Submission


class EntityList(models.Model):
    """A named list; `revision` counts its changes and so tells tablets when to fetch it again.

    Its columns are what the published forms save to it: `publish.list_properties`.
    """

    name = models.CharField(max_length=200, unique=True)
    revision = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Entity(models.Model):
    """One row of a list. `id` is the UUID that the tablet made, in the submission that made it."""

    id = models.UUIDField(primary_key=True)
    entity_list = models.ForeignKey(EntityList, on_delete=models.CASCADE, related_name="entities")
    label = models.CharField(max_length=500)
    version = models.PositiveIntegerField(default=1)
    data: Any = models.JSONField(default=dict)
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["entity_list", "created_at", "id"], name="entity_page")]
        verbose_name_plural = "entities"

    def __str__(self) -> str:
        return str(self.id)


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
