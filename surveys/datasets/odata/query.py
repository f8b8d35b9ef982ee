"""The query options of OData 4.0 → values: `$filter` as a tree, `$orderby`, `$select`, `$expand`.

Pure. Nothing of the text goes further than here: what comes out is made of literals, of names and
of operators of a list, so that no word of a caller can reach the database.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NoReturn

from surveys.datasets.odata.syntax import And, Call, Compare, In, Literal, Name, Node, Not, Or

LONGEST = 20_000  # characters; an address is never that long
DEEPEST = 50  # parentheses, functions and nots inside one another
MOST_ITEMS = 1_000  # of an `in` list
MOST_ORDERS = 5
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
UNSUPPORTED_OPERATORS = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has"})
# Types of which a value is written with its name before it, as Power Query does; all are texts.
ENUMS = tuple(f"org.opendatakit.submission.{name}" for name in ("ReviewState", "Status"))
# Function → number of arguments.
FUNCTIONS = {
    "contains": 2,
    "startswith": 2,
    "endswith": 2,
    "tolower": 1,
    "toupper": 1,
    "length": 1,
    "year": 1,
    "month": 1,
    "day": 1,
    "hour": 1,
    "minute": 1,
    "second": 1,
    "date": 1,
    "now": 0,
}
PATH = r"(?:\$root/)?[A-Za-z_]\w*(?:-\w+)*(?:[/.](?:[A-Za-z_]\w*(?:-\w+)*))*"
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<typed>[A-Za-z_][\w.]*'(?:[^']|'')*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[-+\ ]\d\d:\d\d)?)
    |(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)
    |(?P<path>"""
    + PATH
    + r""")
    |(?P<mark>[(),])
    )(?![\w'])|\s*(?P<open>[(,])""",
    re.VERBOSE | re.ASCII,
)


class QueryMalformed(ValueError):
    """The text cannot be read; says at which character, never what stands there."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} at character {position + 1}")


class QueryUnsupported(ValueError):
    """The text may be right OData, but this server does not answer it."""


@dataclass(frozen=True, slots=True)
class Order:
    path: str
    descending: bool


def parse_filter(text: str) -> Node:
    """Raises QueryMalformed and QueryUnsupported."""
    parser = _Parser(text)
    node = parser.either()
    parser.end()
    return node


def parse_orderby(text: str) -> tuple[Order, ...]:
    """`age desc,place/village`. Raises as `parse_filter` does."""
    orders = []
    for part in _split(text):
        path, _, direction = part.partition(" ")
        direction = direction.strip()
        if direction not in {"", "asc", "desc"}:
            raise QueryMalformed("asc or desc is missing", 0)
        orders.append(Order(_path(path), direction == "desc"))
    if len(orders) > MOST_ORDERS:
        raise QueryUnsupported(f"more than {MOST_ORDERS} orders")
    return tuple(orders)


def parse_paths(text: str) -> tuple[str, ...]:
    """`$select` and `$expand`: names, with `*` among them. Raises as `parse_filter` does."""
    return tuple(part if part == "*" else _path(part) for part in _split(text))


def _split(text: str) -> Iterator[str]:
    if len(text) > LONGEST:
        raise QueryMalformed("too long", LONGEST)
    if "(" in text:
        raise QueryUnsupported("functions and options in parentheses")
    for part in text.split(","):
        if not part.strip():
            raise QueryMalformed("a name is missing", 0)
        yield part.strip()


def _path(text: str) -> str:
    if not re.fullmatch(PATH, text, re.ASCII):
        raise QueryMalformed("a name is not valid", 0)
    return text


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    if len(text) > LONGEST:
        raise QueryMalformed("too long", LONGEST)
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(text, at)
        kind = match.lastgroup or ""
        yield _Token("mark" if kind == "open" else kind, match[kind], match.start(kind))
        at = match.end()
    yield _Token("end", "", len(text))


def _refuse(text: str, at: int) -> NoReturn:
    rest = text[at:].lstrip()
    if rest[:2] == "/$" or rest[:1] in {"@", "$", ":", "*", "{", "[", '"'}:
        raise QueryUnsupported("lambdas, aliases, collections and $-names in an expression")
    raise QueryMalformed("something unknown stands", len(text) - len(rest))


class _Parser:
    """Recursive descent; each level of depth is counted, so that no text can exhaust the stack."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def takes(self, text: str) -> bool:
        """Steps over a mark or a word, if it comes next."""
        found = self.next.kind in {"mark", "path"} and self.next.text == text
        self.at += found
        return found

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            raise QueryMalformed(f"{mark} is missing", self.next.at)

    def end(self) -> None:
        if self.next.kind == "end":
            return
        if self.next.kind == "path" and self.next.text in UNSUPPORTED_OPERATORS:
            raise QueryUnsupported(f"the operator {self.next.text}")
        raise QueryMalformed("something stands after the end of the expression", self.next.at)

    def either(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryMalformed(f"nested more than {DEEPEST} deep", self.next.at)
        parts = [self.all()]
        while self.takes("or"):
            parts.append(self.all())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all(self) -> Node:
        parts = [self.negated()]
        while self.takes("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negated(self) -> Node:
        nots = 0
        while self.takes("not"):
            nots += 1
        if nots > DEEPEST:
            raise QueryMalformed(f"nested more than {DEEPEST} deep", self.next.at)
        node = self.comparison()
        for _ in range(nots):
            node = Not(node)
        return node

    def comparison(self) -> Node:
        left = self.operand()
        token = self.next
        if token.kind != "path":
            return left
        if token.text in COMPARISONS:
            self.at += 1
            return Compare(token.text, left, self.operand())
        if self.takes("in"):
            return In(left, self.items())
        if token.text in UNSUPPORTED_OPERATORS:
            raise QueryUnsupported(f"the operator {token.text}")
        return left

    def items(self) -> tuple[Literal, ...]:
        self.expect("(")
        items = [self.literal()]
        while self.takes(","):
            items.append(self.literal())
        self.expect(")")
        if len(items) > MOST_ITEMS:
            raise QueryMalformed(f"more than {MOST_ITEMS} values in a list", self.next.at)
        return tuple(items)

    def literal(self) -> Literal:
        token = self.next
        node = self.operand()
        if not isinstance(node, Literal):
            raise QueryMalformed("a value is missing", token.at)
        return node

    def operand(self) -> Node:
        token = self.take()
        if token.kind == "mark" and token.text == "(":
            node = self.either()
            self.expect(")")
            return node
        if token.kind == "path":
            return self.named(token)
        if token.kind in {"mark", "end"}:
            raise QueryMalformed("a name or a value is missing", token.at)
        return Literal(_read(token))

    def named(self, token: _Token) -> Node:
        words: dict[str, Node] = {
            "null": Literal(None),
            "true": Literal(True),
            "false": Literal(False),
        }
        if token.text in words:
            return words[token.text]
        if token.text in {"NaN", "INF"}:
            raise QueryUnsupported("NaN and INF")
        return self.call(token) if self.takes("(") else Name(token.text)

    def call(self, name: _Token) -> Node:
        wanted = FUNCTIONS.get(name.text)
        if wanted is None:
            raise QueryUnsupported(f"the function {name.text}")
        arguments: list[Node] = []
        if not self.takes(")"):
            arguments.append(self.either())
            while self.takes(","):
                arguments.append(self.either())
            self.expect(")")
        if len(arguments) != wanted:
            raise QueryMalformed(f"{name.text} takes {wanted} argument(s)", name.at)
        return Call(name.text, tuple(arguments))


def _read(token: _Token) -> str | int | Decimal | date | datetime:
    if token.kind == "typed":
        return _typed(token.text)
    try:
        match token.kind:
            case "text":
                return token.text[1:-1].replace("''", "'")
            case "number":
                return int(token.text) if token.text.lstrip("+-").isdigit() else _decimal(token)
            case "date":
                return date.fromisoformat(token.text)
            case "moment":
                return _moment(token.text)
    except (ValueError, OverflowError):
        raise QueryMalformed("there is no such day, time or number", token.at) from None
    return token.text.lower()  # a guid


def _typed(text: str) -> str:
    name, _, value = text[:-1].partition("'")
    if name not in ENUMS:
        raise QueryUnsupported("a value with the name of its type before it")
    return value.replace("''", "'")


def _decimal(token: _Token) -> Decimal:
    number = Decimal(token.text)
    if abs(number.adjusted()) > 300:
        raise ValueError
    return number


def _moment(text: str) -> datetime:
    """A `+` that an address turned into a space is put back; without an offset it is UTC."""
    instant = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.replace(" ", "+")))
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
