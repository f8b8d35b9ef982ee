"""What a codebook says of each variable, for DDI and HTML. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys.datasets.files.summary import Summary

Words = Mapping[str, str]  # language → text; "" where the form has one language only


@dataclass(frozen=True, slots=True)
class Entry:
    """A variable, what was asked, and what its values are."""

    summary: Summary
    question: Words = field(default_factory=dict)
    choices: Mapping[int, Words] = field(default_factory=dict)
    path: str = ""
    type: str = ""
    privacy: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True)
class CodebookFile:
    """A file of the data, or a table of them."""

    name: str
    label: str
    rows: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Codebook:
    """All of a form. `about` is what the file says of itself: moment, filter, rows, who, why."""

    form_id: str
    title: str
    version: str
    made_on: str  # a day as 2014-06-03
    languages: tuple[str, ...]
    language: str
    about: tuple[tuple[str, str], ...]
    files: tuple[CodebookFile, ...]
    missing_labels: tuple[str, ...]
