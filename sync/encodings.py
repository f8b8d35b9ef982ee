"""What a client takes and sends, by its headers (RFC 9110): codings and media types. Pure."""

import re

_NEVER = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


def takes(accepted: str, coding: str) -> bool:
    """Whether an Accept-Encoding header names this coding, and not with the weight 0."""
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == coding:
            return _NEVER.fullmatch(weight) is None
    return False


def media_type(content_type: str) -> str:
    """A Content-Type header without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()
