"""Candidate links and link decisions as the API gives them: pages, masked by role.

Everything a page needs comes in a fixed number of queries, whatever its size.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict

from backend.accounts.models import User
from backend.accounts.permissions import may_decide_links
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkDecision, LinkFeature, Membership
from surveys.links.chosen import chosen_codes, places_below
from surveys.links.words import VETOES, sentence
from surveys.privacy.access import rows_for, shows_persons, unmask
from surveys.privacy.redact import coarsen_birth

Json = dict[str, Any]
STATES = ("open", "settled", "all")
_PAGING = {"page_size", "cursor", "format"}
_LINK_QUERY = {"state", "place", "veto", "record", "unmask", *_PAGING}
_DECISION_QUERY = {"record", *_PAGING}


def links_page(user: User, request: HttpRequest) -> Json:
    """Candidates both of whose records the user may see, the heaviest first.

    Raises `Problem`: `field_unknown`, `value_invalid`, `place_unknown`, `not_allowed`,
    `purpose_missing`.
    """
    query = _checked(request.GET, _LINK_QUERY)
    reason = query.get("unmask", "")
    granted = unmask(user=user, reason=reason, target="links") if reason else None
    page = page_of(
        _wanted(user, query),
        [column_key("weight", "weight", descending=True), column_key("id", "id")],
        lambda keys: links_json(keys, persons=shows_persons(granted)),
        request=request,
        list_name=f"links {query.get('state', 'open')}",
        size=page_size_of(request),
    )
    return {"next": page.next, "previous": page.previous, "results": page.rows}


def decisions_page(user: User, request: HttpRequest) -> Json:
    """Decisions on records that the user may see, the newest first. Raises as `links_page`."""
    query = _checked(request.GET, _DECISION_QUERY)
    rows = both_visible(LinkDecision.objects.all(), user)
    if record := query.get("record", ""):
        rows = rows.filter(_about(record))
    page = page_of(
        rows,
        [column_key("id", "id", descending=True)],
        lambda keys: decisions_json(keys, user),
        request=request,
        list_name="link decisions",
        size=page_size_of(request),
    )
    return {"next": page.next, "previous": page.previous, "results": page.rows}


def decisions_json(keys: Collection[int], user: User) -> list[Json]:
    """Reasons, which may name people in spite of what is asked, are for who decides."""
    rows = LinkDecision.objects.filter(pk__in=keys).select_related("by")
    later = LinkDecision.objects.filter(revokes=OuterRef("pk"))
    shown = may_decide_links(user)
    return [
        {
            "id": row.pk,
            "a": row.a,
            "b": row.b,
            "decision": row.verdict,
            "kind": row.source,
            "by": row.by.username if row.by else None,
            "reason": row.reason if shown or row.source != "person" else None,
            "weight": row.weight,
            "at": row.at,
            "revokes": row.revokes_id,
            "revoked": row.revoked,
        }
        for row in rows.annotate(revoked=Exists(later))
    ]


def decision_made(decision: LinkDecision, user: User) -> Json:
    """One decision, and where its records are now."""
    homes = dict(
        Membership.objects.filter(pk__in=(decision.a, decision.b)).values_list("pk", "household_id")
    )
    households = {"a": homes.get(decision.a), "b": homes.get(decision.b)}
    return {**decisions_json([decision.pk], user)[0], "households": households}


def _checked(query: QueryDict, known: Collection[str]) -> QueryDict:
    for name, values in query.lists():
        if name not in known:
            raise Problem("field_unknown", field=name)
        if any("\0" in str(value) for value in values):
            raise Problem("value_invalid", field=name, reason=Said("holds a NUL character"))
    return query


def _wanted(user: User, query: QueryDict) -> QuerySet[CandidateLink]:
    state, veto = query.get("state", "") or "open", query.get("veto", "")
    if state not in STATES:
        raise Problem(
            "value_invalid",
            field="state",
            reason=Said("one of {allowed}", allowed=", ".join(STATES)),
        )
    if veto and veto not in VETOES:
        raise Problem(
            "value_invalid",
            field="veto",
            reason=Said("one of {allowed}", allowed=", ".join(VETOES)),
        )
    links = both_visible(CandidateLink.objects.all(), user)
    if state != "all":
        links = links.filter(state=state)
    if veto:
        links = links.filter(vetoes__contains=[veto])
    if record := query.get("record", ""):
        links = links.filter(_about(record))
    if codes := chosen_codes(query):
        links = links.filter(place__in=places_below(codes).values("pk"))
    return links


def _about(record: str) -> Q:
    try:
        key = UUID(record)
    except ValueError:
        raise Problem("value_invalid", field="record", reason=Said("the id of a record")) from None
    return Q(a=key) | Q(b=key)


def both_visible(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Of candidates or decisions those both of whose records the user may see."""
    for end in ("a", "b"):
        seen = CleanRow.objects.filter(rows_for(user), pk=OuterRef(end), repeat="")
        rows = rows.filter(Exists(seen))
    return rows


def links_json(keys: Collection[int], *, persons: bool) -> list[Json]:
    """Candidates with their records and reasons; names and phones where `persons` are shown."""
    links = list(CandidateLink.objects.filter(pk__in=keys).select_related("place", "brake"))
    ends = {end for link in links for end in (link.a, link.b)}
    records, newest = _records(ends, persons=persons), _newest(ends)
    return [
        {
            "id": link.pk,
            "kind": link.kind,
            "state": link.state,
            "a": records[link.a],
            "b": records[link.b],
            "weight": link.weight,
            "comparisons": [
                {"comparison": c, "level": level, "bits": bits, "words": sentence(c, level)}
                for c, level, bits in link.reasons
            ],
            "vetoes": link.vetoes,
            "aligned": [{"a": i, "b": j, "sure": how == "strong"} for i, j, how in link.aligned],
            "model": link.model,
            "place": link.place.code if link.place else None,
            "brake": link.brake.why if link.brake and not link.brake.lifted_at else None,
            "found_at": link.found_at,
            "newest": max(newest.get(link.a, 0), newest.get(link.b, 0)),
        }
        for link in links
    ]


def _records(ids: Collection[UUID], *, persons: bool) -> Mapping[UUID, Json]:
    members = {m.record_id: m for m in Membership.objects.filter(pk__in=ids)}
    told = dict(LinkFeature.objects.filter(pk__in=ids).values_list("pk", "record"))
    rows = CleanRow.objects.filter(pk__in=ids, repeat="")
    columns = ("id", "form__form_id", "place__code", "submitted_at")
    return {
        row["id"]: {
            "id": row["id"],
            "form_id": row["form__form_id"],
            "household": members[row["id"]].household_id if row["id"] in members else None,
            "card": members[row["id"]].card if row["id"] in members else "",
            "place": row["place__code"],
            "submitted_at": row["submitted_at"],
            **_persons(told.get(row["id"]) or {}, shown=persons),
        }
        for row in rows.values(*columns)
    }


def _persons(told: Mapping[str, Any], *, shown: bool) -> Json:
    """Relation and sex are shown to every reader and a birth by its band, as in records; names and
    phones not."""
    head = told.get("head") or {}
    return {
        "head": head.get("name", "") if shown else None,
        "phones": told.get("phones", []) if shown else None,
        "members": [
            {
                "name": m["name"] if shown else None,
                "relation": m["relation"],
                "sex": m["sex"],
                "birth": m["birth"] if shown else coarsen_birth(m["birth"]),
            }
            for m in told.get("members", [])
        ],
    }


def _newest(records: Collection[UUID]) -> dict[UUID, int]:
    """Record → the newest decision about it."""
    newest: dict[UUID, int] = {}
    rows = LinkDecision.objects.filter(Q(a__in=records) | Q(b__in=records)).order_by("pk")
    for pk, a, b in rows.values_list("pk", "a", "b"):
        newest[a] = newest[b] = pk
    return newest
