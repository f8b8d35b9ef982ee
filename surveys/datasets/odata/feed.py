"""A feed: which rows, and in what order. Everything comes through `visible_rows` and `Shape`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.keyset import Key
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Column, Dataset
from surveys.datasets.odata.conditions import condition_of
from surveys.datasets.odata.model import EntityType, Model, model_of
from surveys.datasets.odata.options import Options
from surveys.datasets.odata.order import Position, keys_of, read_token, write_token
from surveys.datasets.odata.resource import Resource
from surveys.datasets.odata.terms import Scope
from surveys.datasets.tables import (
    Shape,
    language_of,
    shape_of,
    visible_rows,
)
from surveys.privacy.access import known_from, recipient_of
from surveys.submissions.models import Submission
from surveys.xforms.models import Form


@dataclass(frozen=True)
class Feed:
    """One question to one resource, for one person. `signature` is what its pages share."""

    form: Form
    dataset: Dataset
    user: User
    resource: Resource
    options: Options
    signature: str

    @cached_property
    def model(self) -> Model:
        return model_of(self.dataset, flat=self.options.flat)

    @property
    def entity(self) -> EntityType:
        return self.resource.entity

    @cached_property
    def rows(self) -> QuerySet[CleanRow]:
        """All rows of the feed, over all its pages. Raises `Problem`."""
        rows = visible_rows(self.form, self.entity.table, self.user)
        if self.resource.key is not None:
            rows = rows.filter(pk=self._row_id(self.entity, self.resource.key))
        if self.resource.parent_key is not None:
            parent = self.model.find(self.entity.parent)
            assert parent is not None
            rows = rows.filter(parent_id=self._row_id(parent, self.resource.parent_key))
        if self.options.filter is not None:
            rows = rows.filter(condition_of(self.options.filter, self.scope))
        return rows

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        return keys_of(self.options.orders, self.scope)

    @property
    def sorted_by(self) -> list[Column]:
        """The answers it is sorted by."""
        known = self.entity.by_name
        found = (known[order.path].column for order in self.options.orders if order.path in known)
        return [column for column in found if column is not None]

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.entity, self.shape(self.entity).masked, self.recipient)

    @cached_property
    def start(self) -> Position | None:
        """Where the page begins; None for the beginning of the feed."""
        token = self.options.token
        return read_token(token, self.signature, len(self.keys)) if token else None

    def shape(self, entity: EntityType, names: Iterable[str] = ()) -> Shape:
        """How the reader gets the rows of a table, or of it only what is named."""
        language = language_of(self.dataset, self.options.labels) if self.options.labels else None
        chosen = sorted(names)
        return shape_of(self.dataset, entity.table, self.user, language=language, chosen=chosen)

    def token_at(self, position: Position) -> str:
        return write_token(position, self.signature)

    @cached_property
    def recipient(self) -> str:
        return recipient_of(self.user)

    def _row_id(self, entity: EntityType, key: str) -> UUID:
        """The row's id, from itself or, of a submission, from an instanceID."""
        return row_id_of(self.form, key, self.recipient, is_root=not entity.parent_key)


def row_id_of(form: Form, key: str, recipient: str, *, is_root: bool = True) -> UUID:
    """A record by its permanent id, or by the instanceID of any of its editions.

    A recipient outside has ids of its own and knows no instanceID. Raises `Problem("not_found")`.
    """
    if is_root and not recipient and "\0" not in key:
        named = Submission.objects.filter(form=form, instance_id=key)
        found = named.values_list("record_id", flat=True).first()
        if found is not None:
            return found
    try:
        return known_from(recipient, UUID(key))
    except ValueError:
        raise Problem("not_found") from None
