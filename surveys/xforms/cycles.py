"""Calculations and conditions that wait for each other: Collect opens no form that has some. Pure.

JavaRosa orders what it recalculates ("Cycle detected in form's relevant and calculation logic!").
An expression that looks into other rows of a repeat is left out: such a reference is no circle.
"""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from lxml import etree

_WORKED_OUT = ("calculate", "relevant")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_PATH = re.compile(
    r"(?<![\w.)\]/-])(?:current\(\)/)?(?:(?:\.\./)+|/)[^\W\d][\w.-]*(?:/[^\W\d][\w.-]*)*"
)
_ITSELF = re.compile(r"(?<![\w.)\]/-])\.(?![\w./])")


def circle_of(binds: Mapping[str, etree._Element], root: str) -> list[str]:
    """Paths of one circle, each waiting for the one before; none where all can be worked out.

    `binds` by path, as paths are below the element `root`.
    """
    waits: dict[str, set[str]] = {path: set() for path in binds}
    for path, bind in binds.items():
        for attribute in _WORKED_OUT:
            read = set(_reads(bind.get(attribute, ""), path, root)) & waits.keys()
            for waiting in (path, *_inside(path, attribute, binds)):
                waits[waiting] |= read
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        return list(error.args[1][:-1])
    return []


def _inside(path: str, attribute: str, paths: Mapping[str, object]) -> Iterator[str]:
    """What a group holds is asked only where the group is."""
    if attribute == "relevant":
        yield from (inner for inner in paths if inner.startswith(f"{path}/"))


def _reads(expression: str, path: str, root: str) -> Iterator[str]:
    """The paths that an expression at `path` refers to."""
    if "[" in expression or "indexed-repeat" in expression:
        return
    said = without_texts(expression)
    if _ITSELF.search(said):
        yield path
    for found in _PATH.findall(said):
        reference = found.removeprefix("current()/")
        if reference.startswith(f"/{root}/"):
            yield reference.removeprefix(f"/{root}/")
        elif reference.startswith("../"):
            up = reference.count("../")
            above = path.split("/")[:-up]
            yield "/".join([*above, reference[3 * up :]])


def without_texts(expression: str) -> str:
    """An expression in which no text says anything."""
    return _TEXT.sub("''", expression)
