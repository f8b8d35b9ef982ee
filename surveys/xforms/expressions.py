"""XForm expressions (relevant, calculate, constraint) on top of lxml's XPath 1.0. Pure.

XForms differ from XPath: dates are compared and subtracted as days, `position(..)` takes a node,
`instance('x')` is another document, `.` of `once()` is the answer so far. An expression is
rewritten accordingly; what uses a function that is not known is never guessed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from surveys.xforms.functions import FUNCTIONS, Function, Value

# What lxml does as XForms do.
NATIVE = {
    "true", "false", "not", "count", "sum", "last", "string", "boolean", "floor", "ceiling",
    "contains", "starts-with", "substring-before", "substring-after", "string-length", "substring",
    "translate", "normalize-space", "name", "local-name", "position", "text", "node",
}  # fmt: skip
VARIABLES = {"today": "$today", "now": "$now", "current": "$here"}
RENAMED = {"concat": "concat-all", "round": "round-to", "number": "number-of"}
# Operators by how weakly they bind; operands of the marked ones are numbers, dates among them.
LEVELS = (("or",), ("and",), ("=", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "div", "mod"))
NUMERIC = {3, 4}
STEPS_ON = {"/", "//", "::"}  # after these comes another step
_TOKEN = re.compile(
    r"""'[^']*' | "[^"]*" | \d+(?:\.\d*)? | \.\d+ | // | :: | <= | >= | != | \.\.
    | [^\W\d][\w.-]*(?::[^\W\d][\w.-]*)? | [()\[\]@,/|+\-*=<>.$]""",
    re.VERBOSE,
)


# What a function meets in answers nobody foresaw.
FAILURES = (etree.XPathError, re.error, ValueError, TypeError, ArithmeticError, LookupError)


class NotCheckable(Exception):
    """An expression that this server cannot work out; never to be guessed."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `lists` names the secondary instances it reads."""

    xpath: etree.XPath
    lists: tuple[str, ...]

    def __call__(
        self, node: Any, *, form: Any, today: str, now: str, lists: Mapping[str, Any]
    ) -> Value:
        """Its value at a node of the copy `form`. Raises NotCheckable."""
        missing = [name for name in self.lists if name not in lists]
        if missing:
            raise NotCheckable(f"no list {missing[0]}")
        named = {f"list{index}": [lists[name]] for index, name in enumerate(self.lists)}
        evaluate: Any = self.xpath
        try:
            value: Value = evaluate(node, form=form, today=today, now=now, here=node, **named)
        except FAILURES as error:
            raise NotCheckable(str(error)) from error
        return value


def compile_expression(
    text: str, root: str, functions: Mapping[str, Function] | None = None
) -> Expression:
    """An expression of the form whose root element is `root`. Raises NotCheckable.

    `functions` are those that need the form itself, beside FUNCTIONS.
    """
    known = {**FUNCTIONS, **(functions or {})}
    rewriter = _Rewriter(text, root, known)
    xpath = rewriter.rewrite()
    used = {(None, name): _without_context(function) for name, function in known.items()}
    try:
        return Expression(etree.XPath(xpath, extensions=used), tuple(rewriter.lists))
    except etree.XPathError as error:
        raise NotCheckable(str(error)) from error


def _without_context(function: Function) -> Any:
    return lambda _context, *arguments: function(*arguments)


class _Rewriter:
    """One pass over the tokens, by precedence, that writes the expression anew."""

    def __init__(self, text: str, root: str, functions: Iterable[str]) -> None:
        self.tokens = _TOKEN.findall(text)
        if _TOKEN.sub("", text).strip():
            raise NotCheckable("a character that no expression has")
        self.at = 0
        self.root = root
        self.functions = set(functions)
        self.lists: list[str] = []

    def rewrite(self) -> str:
        written = self._operators(0)
        if self.at < len(self.tokens):
            raise NotCheckable(f"unexpected {self.tokens[self.at]}")
        return written

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._next()
        if not token or (wanted and token != wanted):
            raise NotCheckable(f"{wanted or 'more'} expected")
        self.at += 1
        return token

    def _operators(self, level: int) -> str:
        if level == len(LEVELS):
            return self._union()
        parts, between = [self._operators(level + 1)], []
        while self._next() in LEVELS[level]:
            between.append(self._take())
            parts.append(self._operators(level + 1))
        if between and level in NUMERIC:
            parts = [_as_number(part) for part in parts]
        return parts[0] + "".join(f" {o} {p}" for o, p in zip(between, parts[1:], strict=True))

    def _union(self) -> str:
        minus = ""
        while self._next() == "-":
            minus += self._take()
        paths = [self._path()]
        while self._next() == "|":
            self._take()
            paths.append(self._path())
        return (minus and "- ") + " | ".join(paths)

    def _path(self) -> str:
        """Steps with their predicates, or a value with steps behind it."""
        written = self._absolute() if self._next() == "/" else self._step()
        while self._next() in {*STEPS_ON, "["}:
            if self._next() == "[":
                written += self._take() + self._operators(0) + self._take("]")
            else:
                written += self._take() + self._step()
        return written

    def _absolute(self) -> str:
        """From the root of this form: inside `instance('x')/…[…]` XPath would take the other's."""
        self._take("/")
        if self._next() != self.root:
            raise NotCheckable("a path outside the form")
        self._take()
        return "$form"

    def _step(self) -> str:
        first = self._take()
        if first in {"@", "$"}:
            return first + self._take()
        if first == "(":
            return first + self._operators(0) + self._take(")")
        if self._next() == "(":
            return self._call(first)
        if not (first[0].isalnum() or first[0] in "_.*'\""):
            raise NotCheckable(f"unexpected {first}")
        return first

    def _call(self, name: str) -> str:
        arguments = self._arguments()
        name = name.removeprefix("jr:")
        if name in VARIABLES and not arguments:
            return VARIABLES[name]
        if name == "instance" and len(arguments) == 1:
            return self._list(arguments[0])
        if name == "pulldata" and arguments:
            arguments[0] = self._list(arguments[0])
        if name == "once" and len(arguments) == 1:
            return f"coalesce(string(.), {arguments[0]})"
        if name == "position" and arguments:
            name = "place-of"
        name = RENAMED.get(name, name)
        if name not in self.functions and name not in NATIVE:
            raise NotCheckable(f"no function {name}()")
        return f"{name}({', '.join(arguments)})"

    def _arguments(self) -> list[str]:
        self._take("(")
        arguments: list[str] = []
        while self._next() != ")":
            if arguments:
                self._take(",")
            arguments.append(self._operators(0))
        self._take(")")
        return arguments

    def _list(self, quoted: str) -> str:
        """A list in or beside the form; its name is always written out."""
        if quoted[:1] not in {"'", '"'}:
            raise NotCheckable("a list without a name")
        name = quoted[1:-1].removesuffix(".csv")
        if name not in self.lists:
            self.lists.append(name)
        return f"$list{self.lists.index(name)}"


def _as_number(written: str) -> str:
    return written if written.replace(".", "").isdigit() else f"number-of({written})"
