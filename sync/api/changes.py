"""pull: only what changed since a tablet last asked, only what it may see (sync.md 4).

A cursor that is unknown, too old, of another tablet, or from before the tablet's places or rounds
changed is no error: all is handed over again, from the first page, which says `reset`.
"""

import gzip
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import brotli
import orjson
from django.conf import settings
from django.utils import timezone

from surveys.entities.feed import Row, Task, changes_since
from surveys.entities.mark import Mark
from surveys.entities.publish import list_properties
from sync.api.cursor import Cursor, read_cursor, write_cursor
from sync.api.offers import (
    FormOffer,
    Horizon,
    ListOffer,
    form_json,
    offered_forms,
    offered_lists,
    read_horizon,
    short_hash,
)
from sync.api.verdicts import verdicts_since, waiting_since
from sync.auth import Caller
from sync.encodings import takes

CURSOR_LIFE = timedelta(days=90)
MOST_BYTES = 256 * 1024  # of a page, compressed
MOST_CHANGES = 5000  # of a page: of ordinary households they are 220 KB
BROTLI_QUALITY = 6
HEARD_TWICE = timedelta(minutes=1)  # between a record's arrival and its commit
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Packed:
    """The body of an answer; `encoding` is "" where it is not compressed."""

    body: bytes
    encoding: str = ""


def pull(caller: Caller, text: str, *, limit: int | None, accepted: str) -> Packed:
    """One page as JSON. `limit` bounds the changes on it; `accepted` is Accept-Encoding.

    A page that is too large is made anew with fewer changes; one change is always on it.
    """
    now = timezone.now()
    horizon = read_horizon(caller)
    forms = offered_forms(horizon.sight, timezone.localdate(now))
    lists = offered_lists(forms)
    start, reset = _start(caller, text, horizon, lists, now)
    most = min(limit or MOST_CHANGES, MOST_CHANGES)
    while True:
        page = _Page(horizon, forms, lists, now, reset).fill(start, most)
        packed, size = _pack(page, accepted)
        if size <= MOST_BYTES or most == 1:
            return packed
        most = max(1, int(most * 0.9 * MOST_BYTES / size))


def _start(
    caller: Caller, text: str, horizon: Horizon, lists: list[ListOffer], now: datetime
) -> tuple[Cursor, bool]:
    assert caller.device_id is not None
    cursor = read_cursor(text, cursor_key())
    if cursor is not None and _is_good(cursor, caller.device_id, horizon, lists, now):
        return cursor, False
    return Cursor(caller.device_id, 0, horizon.scope, b""), True


def _is_good(
    cursor: Cursor, device_id: int, horizon: Horizon, lists: list[ListOffer], now: datetime
) -> bool:
    """What lies ahead of us comes from a database that was put back to an earlier state."""
    age = now - datetime.fromtimestamp(cursor.issued_at, UTC)
    revisions = {each.pk: each.revision for each in lists}
    return (
        cursor.device_id == device_id
        and cursor.scope == horizon.scope
        and timedelta(0) <= age + HEARD_TWICE
        and age <= CURSOR_LIFE
        and cursor.steps.change <= horizon.next_change
        and cursor.lists.keys() <= revisions.keys()  # a list that no form uses any more must go
        and all(mark.revision <= revisions[pk] for pk, mark in cursor.lists.items())
    )


class _Page:
    """Fills one page: forms, then each list, then verdicts, until the changes are enough."""

    def __init__(
        self,
        horizon: Horizon,
        forms: list[FormOffer],
        lists: list[ListOffer],
        now: datetime,
        reset: bool,
    ) -> None:
        self.horizon = horizon
        self.forms = forms
        self.lists = lists
        self.now = now
        self.answer: Json = {
            "cursor": "",
            "more": False,
            "server_time": now,
            "reset": reset,
            "forms": [],
            "media": [],
            "entities": [],
            "verdicts": [],
            "tasks": [],
        }

    def fill(self, start: Cursor, most: int) -> Json:
        reached = replace(start, issued_at=int(self.now.timestamp()), forms=self._add_forms(start))
        for entity_list in self.lists:
            reached, most = self._add_list(entity_list, reached, most)
        reached = self._add_verdicts(start, reached, most)
        self.answer["cursor"] = write_cursor(reached, cursor_key())
        return self.answer

    def _add_forms(self, start: Cursor) -> bytes:
        """All of them when anything of any changed: they are few."""
        told = [form_json(form) for form in self.forms]
        seen = short_hash(told)
        if seen != start.forms:
            self.answer["forms"] = told
            self.answer["media"] = [
                {"form_id": form["form_id"], **file} for form in told for file in form["media"]
            ]
        return seen

    def _add_list(self, offer: ListOffer, reached: Cursor, most: int) -> tuple[Cursor, int]:
        mark = reached.lists.get(offer.pk, Mark())
        if mark == Mark(offer.revision):
            return reached, most
        if most > 0:
            sight = self.horizon.sight
            found = changes_since(
                mark, list_id=offer.pk, target=offer.revision, sight=sight, limit=most
            )
            mark, most = found.mark, most - found.size
            if found.size:
                columns = list_properties(offer.name)
                upserts = [_upsert(row, columns) for row in found.upserts]
                self.answer["entities"].append(
                    {"list": offer.name, "upserts": upserts, "deletes": found.deletes}
                )
                self.answer["tasks"] += [_task(task) for task in found.tasks]
        self.answer["more"] |= mark != Mark(offer.revision)
        return replace(reached, lists={**reached.lists, offer.pk: mark}), most

    def _add_verdicts(self, start: Cursor, reached: Cursor, most: int) -> Cursor:
        found = verdicts_since(
            start.steps,
            device_id=start.device_id,
            settled=self.horizon.settled,
            limit=max(most, 0),
        )
        since = datetime.fromtimestamp(start.issued_at, UTC) - HEARD_TWICE
        self.answer["verdicts"] = [
            *found.each,
            *waiting_since(since, device_id=start.device_id),
        ]
        self.answer["more"] |= found.more
        return replace(reached, steps=found.mark)


def _upsert(row: Row, columns: tuple[str, ...]) -> Json:
    """The whole row as it is now; properties that are blank are left out."""
    return {
        "uuid": row.id,
        "label": row.label,
        "version": row.version,
        "properties": {name: row.data[name] for name in columns if row.data.get(name)},
    }


def _task(task: Task) -> Json:
    return {
        "id": task.id,
        "round": task.round_code,
        "household": task.entity_id,
        "why": task.why,
        "until": task.until,
        "state": "due" if task.is_due else "done",
    }


def _pack(answer: Json, accepted: str) -> tuple[Packed, int]:
    """The page and its compressed size, which bounds it also for a client that wants it plain."""
    body = orjson.dumps(answer, option=orjson.OPT_OMIT_MICROSECONDS)
    if takes(accepted, "br"):
        packed = brotli.compress(body, quality=BROTLI_QUALITY)
        return Packed(packed, "br"), len(packed)
    packed = gzip.compress(body, 9, mtime=0)
    return (Packed(packed, "gzip") if takes(accepted, "gzip") else Packed(body)), len(packed)


@cache
def cursor_key() -> bytes:
    return hashlib.sha256(b"cursor of a pull" + settings.SECRET_KEY.encode()).digest()
