"""Log lines as JSON that carry ids and never names, phones or tokens. Pure."""

import json
import logging
import re
from datetime import UTC, datetime
from traceback import format_tb
from typing import ClassVar

# What a record may carry beside its message: ids, codes and counts only.
FIELDS = (
    "request_id",
    "action",
    "submission_id",
    "record_id",
    "instance_id",
    "form_id",
    "version",
    "device_id",
    "user_id",
    "household_id",
    "export_id",
    "problem",
    "status",
    "method",
    "route",
    "count",
    "duration_ms",
    "attempts",
    "sha256",
    "child",
    "exit_code",
)
# A device's or a draft's token stands in the path of OpenRosa requests: it never reaches a line.
TOKEN_IN_PATH = re.compile(r"/(key|try)/[^/\s\"']+")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message and the allowed fields."""

    fields: ClassVar[tuple[str, ...]] = FIELDS

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hide_tokens(record.getMessage()),
        }
        line |= {
            name: getattr(record, name)
            for name in self.fields
            if getattr(record, name, None) is not None
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = hide_tokens(trace_without_values(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def hide_tokens(text: str) -> str:
    return TOKEN_IN_PATH.sub(r"/\1/…", text)


def trace_without_values(error: BaseException | None) -> str:
    """Types and frames of an error and of what it came from, without their words.

    Those may quote an answer, over several lines even (PostgreSQL's do).
    """
    parts: list[str] = []
    while error is not None:
        parts.append(f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}")
        error = error.__cause__ or error.__context__
    return "\n".join(parts)
