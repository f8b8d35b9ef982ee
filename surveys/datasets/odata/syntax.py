"""What an OData expression is made of: the tree that `query` parses, and its text again. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

Plain: TypeAlias = str | int | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Literal:
    value: Plain


@dataclass(frozen=True, slots=True)
class Name:
    """A property: `age`, `place/village`, `__system/submissionDate`."""

    path: str


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str  # eq ne gt ge lt le
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class In:
    left: "Node"
    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Node"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


Node: TypeAlias = Literal | Name | Call | Compare | In | Not | And | Or


def format_expression(node: Node) -> str:
    """The expression as text that parses to the same tree; every inner one in parentheses."""
    match node:
        case Literal(value):
            return format_literal(value)
        case Name(path):
            return path
        case Call(function, arguments):
            return f"{function}({','.join(map(format_expression, arguments))})"
        case Not(inner):
            return f"not {_inner(inner)}"
        case And(parts):
            return " and ".join(map(_inner, parts))
        case Or(parts):
            return " or ".join(map(_inner, parts))
    return _comparison(node)


def _comparison(node: Compare | In) -> str:
    if isinstance(node, Compare):
        return f"{_inner(node.left)} {node.operator} {_inner(node.right)}"
    return f"{_inner(node.left)} in ({','.join(map(format_expression, node.items))})"


def format_literal(value: Plain) -> str:
    """OData 4.01 ABNF: text in single quotes, doubled inside; times with their offset."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _inner(node: Node) -> str:
    text = format_expression(node)
    return text if isinstance(node, Literal | Name | Call) else f"({text})"
