"""What type a calculation gives. Pure.

XLSForm declares every calculation as text, so that a count of members would be filtered and sorted
as text. This reads the expression (ODK XForms functions, XPath 1.0) as far as its type needs; what
it does not know stays a string.
"""

import re
from collections.abc import Callable, Iterator

STRING, INTEGER, DECIMAL, DATE, DATE_TIME = "string", "integer", "decimal", "date", "dateTime"
_EMPTY = ""  # '' fits beside any type: the branch of an `if` that gives no answer

_FUNCTIONS = {
    **dict.fromkeys(("count", "count-selected", "count-non-empty", "position", "int"), INTEGER),
    **dict.fromkeys(("string-length", "floor", "ceiling", "checklist"), INTEGER),
    **dict.fromkeys(("sum", "number", "decimal-date-time", "decimal-time", "min", "max"), DECIMAL),
    **dict.fromkeys(("abs", "pow", "sqrt", "exp", "log", "log10", "random", "round"), DECIMAL),
    **dict.fromkeys(("area", "distance", "sin", "cos", "tan", "pi"), DECIMAL),
    **dict.fromkeys(("today", "date"), DATE),
    "now": DATE_TIME,
}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'[^']*'|"[^"]*")
      | (?P<number>\d+(?:\.\d*)?|\.\d+)
      | (?P<path>(?:\.\.|\.(?!\d)|/)(?:/?(?:\.\.|[\w.\-]+))*)
      | (?P<name>[A-Za-z_][\w.\-]*(?::[\w.\-]+)?)
      | (?P<sign><=|>=|!=|[-+*=<>|(),\[\]/])
    )""",
    re.VERBOSE,
)
_COMPARE = {"=", "!=", "<", ">", "<=", ">=", "and", "or"}
_ADD = {"+", "-"}
_MULTIPLY = {"*", "div", "mod"}


class _Unknown(Exception):
    """An expression beyond this reader; its type stays a string."""


def calculated_type(expression: str, type_of: Callable[[str], str]) -> str:
    """The type of `expression`; `type_of` tells that of a path (absolute or relative) in it."""
    try:
        reader = _Reader(list(_tokens(expression)), type_of)
        found = reader.comparison()
        reader.end()
    except _Unknown:
        return STRING
    return found or STRING


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    at, text = 0, expression.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _Unknown
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()


class _Reader:
    """Reads the tokens by precedence; each method returns the type of what it read."""

    def __init__(self, tokens: list[tuple[str, str]], type_of: Callable[[str], str]) -> None:
        self.tokens, self.at, self.type_of = tokens, 0, type_of

    def end(self) -> None:
        if self.at != len(self.tokens):
            raise _Unknown

    def comparison(self) -> str:
        """A truth value is stored as a word, so it counts as text."""
        found, compares = self._sum(), False
        while self._next_is(_COMPARE):
            self._take()
            self._sum()
            compares = True
        return STRING if compares else found

    def _sum(self) -> str:
        return self._operation(_ADD, self._product)

    def _product(self) -> str:
        return self._operation(_MULTIPLY, self._value)

    def _operation(self, signs: set[str], operand: Callable[[], str]) -> str:
        types, divides = [operand()], False
        while self._next_is(signs):
            divides |= self._take() == "div"
            types.append(operand())
        if len(types) == 1:
            return types[0]
        return INTEGER if set(types) == {INTEGER} and not divides else DECIMAL

    def _value(self) -> str:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if kind == "number":
            return DECIMAL if "." in word else INTEGER
        if kind == "text":
            return STRING if word[1:-1] else _EMPTY
        if kind == "path":
            return self._path(word)
        if kind == "name" and self._next_is({"("}):
            return self._function(word)
        if word == "(":
            found = self.comparison()
            self._expect(")")
            return found
        if word == "-":
            return INTEGER if self._value() == INTEGER else DECIMAL
        raise _Unknown

    def _path(self, word: str) -> str:
        self._skip_predicates()
        return self.type_of(word)

    def _function(self, name: str) -> str:
        arguments = self._arguments()
        if self._next_is({"["}) or (
            self.at < len(self.tokens) and self.tokens[self.at][0] == "path"
        ):
            self._skip_steps()  # instance('x')/root/item[…]/y: another file's column
            return STRING
        if name in {"if", "coalesce"}:
            return _either(arguments[1:] if name == "if" else arguments)
        if name == "once":
            return _either(arguments)
        return _FUNCTIONS.get(name, STRING)

    def _arguments(self) -> list[str]:
        self._expect("(")
        found: list[str] = []
        while not self._next_is({")"}):
            found.append(self.comparison())
            if self._next_is({","}):
                self._take()
        self._expect(")")
        return found

    def _skip_steps(self) -> None:
        while self.at < len(self.tokens):
            if self._next_is({"["}):
                self._skip_predicates()
            elif self.tokens[self.at][0] == "path":
                self._take()
            else:
                return

    def _skip_predicates(self) -> None:
        while self._next_is({"["}):
            depth = 0
            while True:
                word = self._take()
                depth += (word == "[") - (word == "]")
                if depth == 0:
                    break

    def _next_is(self, words: set[str]) -> bool:
        return (
            self.at < len(self.tokens)
            and self.tokens[self.at][0] != "text"
            and self.tokens[self.at][1] in words
        )

    def _take(self) -> str:
        if self.at >= len(self.tokens):
            raise _Unknown
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _expect(self, word: str) -> None:
        if not self._next_is({word}):
            raise _Unknown
        self._take()


def _either(types: list[str]) -> str:
    """The type that holds whichever branch is taken."""
    kinds = set(types) - {_EMPTY}
    if len(kinds) == 1:
        return kinds.pop()
    return DECIMAL if kinds == {INTEGER, DECIMAL} else STRING if kinds else _EMPTY
