"""Plain answers of an item → the instance that is stored, checked against its form (sync.md 2)."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from backend.problems import Problem
from surveys.cleaning.fill import Filled, Frame, fill
from surveys.cleaning.outline import Outline
from surveys.cleaning.placing import Fault
from surveys.entities.models import Entity
from surveys.xforms.models import FormMedia, FormVersion
from surveys.xforms.questionnaire import Element, Questionnaire, Row, as_list
from sync.api.items import Item

MOST_FAULTS = 100  # of one record, in an answer for 2G
# Answers without an instance_id get one from their content, so that a repeat is no new record.
MINTED = UUID("a0a5f1c6-5d0b-5b53-9d44-6f3c36b3f2ad")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def fill_item(item: Item) -> Filled:
    """The instance of an item's answers, in the version it names or else the newest.

    Raises item_malformed, form_unknown, and answers_invalid with every fault.
    """
    if item.fault:
        raise Problem("item_malformed", reason=item.fault)
    answers = _decode(item.answers or b"")
    version = _version(item)
    questionnaire, outline = _form_of(version.pk)
    now = timezone.localtime()
    frame = Frame(
        instance_id=item.instance_id or minted_id(item),
        version=item.version or version.version,
        deprecated_id=item.deprecated_id,
        today=now.date().isoformat(),
        now=now.isoformat(timespec="milliseconds"),
        lists=_lists(questionnaire, version, answers),
    )
    filled = fill(questionnaire, outline, answers, frame)
    if filled.faults:
        raise Problem(
            "answers_invalid",
            count=len(filled.faults),
            errors=[_told(fault) for fault in filled.faults[:MOST_FAULTS]],
        )
    return filled


def minted_id(item: Item) -> str:
    content = f"{item.form_id}\n{item.deprecated_id}\n{(item.answers or b'').decode()}"
    return f"uuid:{uuid5(MINTED, content)}"


def _decode(raw: bytes) -> dict[str, Any]:
    """Numbers keep their digits, and a name twice is an error: it would hide an answer."""
    try:
        answers: dict[str, Any] = json.loads(
            raw, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_refuse
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Problem("item_malformed", reason="the answers are not valid JSON") from error
    return answers


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _version(item: Item) -> FormVersion:
    """The version named; a form whose version we never published is checked by its newest."""
    versions = FormVersion.objects.filter(form__form_id=item.form_id).only("form_id", "version")
    named = versions.filter(version=item.version).first() if item.version else None
    found = named or versions.order_by("-published_at", "-pk").first()
    if found is None:
        raise Problem("form_unknown", form_id=item.form_id[:200])
    return found


@lru_cache(maxsize=32)
def _form_of(version_pk: int) -> tuple[Questionnaire, Outline]:
    """Published versions never change."""
    version = FormVersion.objects.get(pk=version_pk)
    questionnaire = Questionnaire(bytes(version.xform))
    return questionnaire, Outline(questionnaire, version.schema)


def _lists(
    questionnaire: Questionnaire, version: FormVersion, answers: Mapping[str, Any]
) -> dict[str, Element]:
    """The lists beside the form, by their name in it, as far as they are all here.

    Of an entity list only the rows that were chosen. If one is not here, say because its household
    was registered in the same push, the list is left out: nothing is judged by half of it.
    """
    files = {
        name: src.rpartition("/")[2]
        for name, src in questionnaire.files.items()
        if src.endswith(".csv")
    }
    if not files:
        return {}
    media = FormMedia.objects.filter(form_id=version.form_id, name__in=files.values())
    plain = dict(media.values_list("name", "md5"))
    asked = {name: answer for name, answer in answers.items() if name != "meta"}
    chosen = {UUID(text) for text in _texts(asked) if _UUID.fullmatch(text)}
    lists: dict[str, Element] = {}
    for name, file in files.items():
        if file in plain:
            lists[name] = _media_list(version.pk, version.form_id, file, plain[file])
        elif rows := _entities(file.removesuffix(".csv"), chosen):
            lists[name] = as_list(rows)
    return lists


@lru_cache(maxsize=32)
def _media_list(version_pk: int, form_pk: int, name: str, md5: str) -> Element:
    """A CSV beside the form; one copy for each version, as its questionnaire is locked alone."""
    content = FormMedia.objects.values_list("content", flat=True).get(form=form_pk, name=name)
    return as_list(list(csv.DictReader(StringIO(bytes(content).decode("utf-8-sig")))))


def _entities(list_name: str, chosen: set[UUID]) -> list[Row]:
    """The rows chosen, as tablets hold them; none if not all are here, or nothing was chosen."""
    found = Entity.objects.filter(entity_list__name=list_name, pk__in=chosen)
    rows: list[Row] = [
        {
            "name": str(entity.pk),
            "label": entity.label,
            "__version": str(entity.version),
            "__trunkVersion": "",
            "__branchId": "",
            **{name: str(value) for name, value in entity.data.items() if value is not None},
        }
        for entity in found
    ]
    return rows if len(rows) == len(chosen) else []


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            waiting.extend(each.values() if isinstance(each, dict) else each)


def _told(fault: Fault) -> dict[str, str]:
    told = {"path": fault.path, "code": fault.code}
    return {**told, "detail": fault.detail} if fault.detail else told
