"""The query string of a feed → `Options`; what is not known is refused, never passed over."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.http import QueryDict

from backend.problems import Problem
from surveys.datasets.odata.query import (
    Order,
    QueryMalformed,
    QueryUnsupported,
    parse_filter,
    parse_orderby,
    parse_paths,
)
from surveys.datasets.odata.syntax import Node

T = TypeVar("T")
KNOWN = frozenset(
    {"$filter", "$select", "$orderby", "$expand", "$count", "$top", "$skip", "$skiptoken", "$wkt"}
    | {"$format", "flat", "labels"}
)
# What may differ between two pages of one feed.
OF_A_PAGE = frozenset({"$top", "$skip", "$skiptoken", "$count", "$format"})
MOST = 2**31 - 1
# What asks for more than is given is refused; `none` gets a little more than it asks for.
_MORE = r"(?:odata\.)?metadata=full|IEEE754Compatible=true"
_JSON = re.compile(rf"json|application/json(?:;(?!{_MORE})[^;]*)*", re.IGNORECASE)
_PAGE_SIZE = re.compile(r"(?:odata\.)?maxpagesize=(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a feed. `page` is the caller's wish for the size of pages, 0 for none."""

    filter: Node | None = None
    select: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    expand: tuple[str, ...] = ()
    count: bool = False
    top: int | None = None
    skip: int = 0
    token: str = ""
    wkt: bool = False
    flat: bool = False
    labels: str = ""
    page: int = 0

    @property
    def is_page_sized(self) -> bool:
        """Whether pages are as large as the caller wished; `$top` says so itself."""
        return self.page > 0 and self.top is None


def read_options(query: QueryDict, headers: Mapping[str, str]) -> Options:
    """Raises `Problem`: `query_malformed` (400), `query_unsupported` (501)."""
    given = _given(query)
    if not _JSON.fullmatch(given.get("$format", "json").replace(" ", "")):
        raise Problem("query_unsupported", what="$format other than json")
    prefer = _PAGE_SIZE.search(headers.get("Prefer", ""))
    filter_text = given.get("$filter")
    return Options(
        filter=parsed("$filter", parse_filter, filter_text) if filter_text else None,
        select=parsed("$select", parse_paths, given.get("$select", "")) or (),
        orders=parsed("$orderby", parse_orderby, given.get("$orderby", "")) or (),
        expand=parsed("$expand", parse_paths, given.get("$expand", "")) or (),
        count=_is_yes(given, "$count"),
        top=_number(given, "$top"),
        skip=_number(given, "$skip") or 0,
        token=given.get("$skiptoken", ""),
        wkt=_is_yes(given, "$wkt"),
        flat=_is_yes(given, "flat"),
        labels=given.get("labels", ""),
        page=max(1, int(prefer[1])) if prefer else 0,
    )


def is_flat(query: QueryDict) -> bool:
    """The one option that the documents know."""
    return _is_yes(_given(query), "flat")


def of_the_feed(query: QueryDict) -> str:
    """The options that every page of a feed shares, as one text."""
    shared = sorted((k, v) for k, v in query.items() if k not in OF_A_PAGE and v)
    return repr(shared)


def parsed(option: str, parse: Callable[[str], T], text: str) -> T | None:
    if not text.strip():
        return None
    try:
        return parse(text)
    except QueryMalformed as error:
        raise Problem("query_malformed", option=option, reason=str(error)) from None
    except QueryUnsupported as error:
        raise Problem("query_unsupported", what=str(error)) from None


def _given(query: QueryDict) -> dict[str, str]:
    for name, values in query.lists():
        if name not in KNOWN:
            raise Problem("query_unsupported", what=f"the option {name[:40]}")
        if len(values) > 1:
            raise Problem("query_malformed", option=name, reason="given more than once")
    return {name: str(value) for name, value in query.items()}


def _is_yes(given: Mapping[str, str], option: str) -> bool:
    text = given.get(option, "").lower()
    if text not in {"", "true", "false", "1", "0"}:
        raise Problem("query_malformed", option=option, reason="write true or false")
    return text in {"true", "1"}


def _number(given: Mapping[str, str], option: str) -> int | None:
    text = given.get(option, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= MOST):
        raise Problem("query_malformed", option=option, reason="write a whole number from 0")
    return int(text)
