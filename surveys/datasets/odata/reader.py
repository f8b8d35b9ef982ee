"""The rows of a feed, a chunk at a time, as the bytes of an OData answer.

Without `$top` the answer holds all there is, as Central's does, and is streamed: memory stays flat
whatever its length.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import orjson
from django.db.models import F, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from backend.keyset import rows_beyond
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.among import among
from surveys.datasets.cells import Filler, Read
from surveys.datasets.columns import Dataset
from surveys.datasets.odata.facts import fact_expressions, fact_slots
from surveys.datasets.odata.feed import Feed
from surveys.datasets.odata.model import ID, SYSTEM, EntityType
from surveys.datasets.odata.options import Options
from surveys.datasets.odata.order import Position
from surveys.datasets.odata.query import QueryUnsupported
from surveys.datasets.odata.render import (
    FACTS,
    SYSTEM_PIECES,
    Names,
    Plan,
    Record,
    Style,
    plan_of,
)
from surveys.datasets.odata.terms import TypeMismatch
from surveys.datasets.shape import Shape
from surveys.datasets.texts import Writer
from surveys.datasets.versions import changed_types

CHUNK = 1_000  # rows read and written at a time


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some entities as JSON, with commas between them."""

    json: bytes
    count: int
    end: Position | None  # of its last row, where more may come


Found = Read  # a row: its id, its record's, what its entity is written from, and where it stands
ROW_ID, RECORD_ID, WRITTEN = 0, 1, 2


class Reader:
    """Reads a feed chunk by chunk; made before the first byte leaves, so errors have a status."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        _check_names(feed.entity, feed.options)
        options = feed.options
        self.style = Style(options.wkt or options.flat, options.flat, bool(options.labels))
        self.fillers: dict[str, Filler] = {}
        self._plan(feed.entity, options.select, options.expand)
        try:
            self.rows, self.keys, self.start = feed.rows, feed.keys, feed.start
        except TypeMismatch as error:
            raise Problem("query_malformed", option="$filter", reason=str(error)) from None
        except QueryUnsupported as error:
            raise Problem("query_unsupported", what=str(error)) from None

    def count(self) -> int:
        """All rows of the feed, whatever the page."""
        return self.rows.count()

    def chunk(self, position: Position | None, size: int, skip: int = 0) -> Chunk:
        """At most `size` rows after a position."""
        rows = self.rows if position is None else self.rows.filter(rows_beyond(self.keys, position))
        ordered = rows.order_by(*(key.order() for key in self.keys))
        read = self._sorted if self.feed.options.orders else self._newest
        found, more = read(ordered[skip : skip + size + 1], size)
        json = ",".join(self._entities(found)).encode()
        return Chunk(json, len(found), self._place_of(found) if more else None)

    def _newest(self, rows: QuerySet[CleanRow], size: int) -> tuple[list[Found], bool]:
        """In the order an index has: the rows at once."""
        found = self._read(self.feed.entity, rows, *self._marks)
        return found[:size], len(found) > size

    def _sorted(self, rows: QuerySet[CleanRow], size: int) -> tuple[list[Found], bool]:
        """First the ids, then their rows: a sort that carries answers is three times as slow."""
        ids = list(rows.values_list(_text("id"), flat=True))
        known = CleanRow.objects.filter(among("id", ids[:size]))
        by_id = {row[ROW_ID]: row for row in self._read(self.feed.entity, known)}
        return [by_id[pk] for pk in ids[:size] if pk in by_id], len(ids) > size

    def _place_of(self, page: list[Found]) -> Position:
        """Where the feed goes on after a page.

        Raises `Problem("cursor_invalid")` where its last row is gone at this very moment: better to
        begin anew than to end too early.
        """
        if page and not self.feed.options.orders:
            return list(page[-1][-len(self._marks) :])
        marks = {f"_order_{at}": key.read for at, key in enumerate(self.keys)}
        last = CleanRow.objects.filter(pk__in=[row[ROW_ID] for row in page[-1:]])
        for found in last.annotate(**marks).values_list(*marks):
            return list(found)
        raise Problem("cursor_invalid")

    @cached_property
    def _marks(self) -> tuple[str, ...]:
        """Where a row has the keys of the order that nobody asked for."""
        inside = ("record_id", "parent_id", "index") if self.feed.entity.parent_key else ()
        return ("received_at", *inside, "id")

    def _read(self, entity: EntityType, rows: QuerySet[CleanRow], *marks: str) -> list[Found]:
        """Rows with what their entities are written from; ids and times stay text, which is quick.

        `marks` are columns.
        """
        ids, places = map(_text, ("id", "record_id")), map(_text, marks)
        return list(rows.values_list(*ids, *self.fillers[entity.name].expressions, *places))

    def _entities(self, rows: list[Found]) -> Iterator[str]:
        write = self._write(self.feed.entity)
        expanded = self._expanded(self.feed.entity, rows)
        for row in rows:
            yield write(row, expanded.get(row[ROW_ID]))

    def _write(self, entity: EntityType) -> Callable[[Found, Mapping[str, str] | None], str]:
        filler = self.fillers[entity.name]
        end = WRITTEN + len(filler.expressions)
        return lambda row, inside: filler.write(row[WRITTEN:end], inside)

    def _expanded(self, entity: EntityType, parents: Sequence[Found]) -> dict[str, dict[str, str]]:
        """The entities of every repeat to be expanded, by parent and set, in the form's order."""
        out: dict[str, dict[str, str]] = {}
        for _, child in self.feed.model.children(entity):
            if child.name in self.fillers and parents:
                for parent, texts in self._below(child, parents).items():
                    out.setdefault(parent, {})[child.name] = ",".join(texts)
        return out

    def _below(self, child: EntityType, parents: Sequence[Found]) -> dict[str, list[str]]:
        """The rows of a repeat in these rows, by parent, found by their records.

        A repeat's row is seen where its record is, and these were just seen.
        """
        rows = CleanRow.objects.filter(among("record_id", {row[RECORD_ID] for row in parents}))
        rows = rows.filter(repeat=child.table.path)
        if child.parent != self.feed.model.root.name:
            rows = rows.filter(among("parent_id", [row[ROW_ID] for row in parents]))
        found = self._read(child, rows, "parent_id", "index")
        found.sort(key=lambda row: int(row[-1]))
        write, inner = self._write(child), self._expanded(child, found)
        texts: dict[str, list[str]] = {}
        for row in found:
            texts.setdefault(row[-2], []).append(write(row, inner.get(row[ROW_ID])))
        return texts

    def _plan(self, entity: EntityType, select: Names, expand: Names) -> None:
        checked = changed_types(self.feed.form.pk, self.feed.dataset, entity.table.path)
        style = replace(self.style, checked=checked)
        plan = plan_of(self.feed.model, entity, style, select, expand)
        shape = self.feed.shape(entity, plan.sources.difference(FACTS))
        self.fillers[entity.name] = filler_of(plan, shape, self.feed.dataset)
        for navigation, child in self.feed.model.children(entity):
            if "*" in expand or navigation.name in expand:
                self._plan(child, (), ("*",) if "*" in expand else ())


@lru_cache(maxsize=32)
def filler_of(plan: Plan, shape: Shape, dataset: Dataset) -> Filler:
    """What writes the rows of a shape as a plan says; kept, since pages follow one another."""
    slots = {**shape.slots, **fact_slots(shape.recipient)}
    return Filler(Writer.of(plan.pieces, slots), fact_expressions(dataset))


def pages(reader: Reader, context: str, next_link: Callable[[str], str]) -> Iterator[bytes]:
    """The JSON of an answer, piece by piece; the first piece is read before it is asked for."""
    options = reader.feed.options
    limit = options.top if options.top is not None else (options.page or None)
    head: Record = {"@odata.context": context}
    if options.count:
        head["@odata.count"] = reader.count()
    yield orjson.dumps(head)[:-1] + b',"value":['
    position, left, first = reader.start, limit, True
    skip = 0 if options.token else options.skip
    while left is None or left > 0:
        chunk = reader.chunk(position, CHUNK if left is None else min(CHUNK, left), skip)
        if chunk.count:
            yield chunk.json if first else b"," + chunk.json
            first = False
        position, skip = chunk.end, 0
        if left is not None:
            left -= chunk.count
        if position is None:
            break
    if position is None or not limit:
        yield b"]}"
        return
    link = next_link(reader.feed.token_at(position))
    yield b'],"@odata.nextLink":' + orjson.dumps(link) + b"}"


def _text(name: str) -> Combinable:
    return Cast(F(name), TextField())


def _check_names(entity: EntityType, options: Options) -> None:
    """Raises `Problem("field_unknown")` for a name to select or expand that is not there."""
    navigations = {n.name for n in entity.navigations}
    groups = {"/".join(group) for group in entity.groups}
    known = {"*", ID, *entity.by_name, *navigations, *groups}
    if entity.parent_key:
        known.add(entity.parent_key)
    else:
        system = {f"{SYSTEM}{mark}{name}" for name in SYSTEM_PIECES for mark in ("/", "_")}
        known |= {SYSTEM, *system}
    for name in options.select:
        if name not in known:
            raise Problem("field_unknown", field=name)
    for name in options.expand:
        if name not in navigations | {"*"}:
            raise Problem("field_unknown", field=name)
