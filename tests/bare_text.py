"""Text in a template that nobody can translate: words outside `translate` and `blocktranslate`.

Pure: reads templates as text. What stands between tags of HTML counts, and what attributes say
to people (`alt`, `title`, `placeholder`, `aria-label`, the value of a button).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

SAID = {"alt", "title", "placeholder", "aria-label"}
SILENT = {"script", "style", "code", "kbd"}
# Names, units and formats that are the same in every language.
SAME_EVERYWHERE = frozenset(
    "Oila API URL HTTP XLSX CSV PNG PDF XML JSON GeoJSON QR md5 ODK Collect KoboCollect "
    "per_kgs per_tjs h px km nbsp".split()
)
_BLOCK = re.compile(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", re.DOTALL)
_COMMENT = re.compile(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", re.DOTALL)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}[\w-]*")


@dataclass
class _Reader(HTMLParser):
    found: list[str] = field(default_factory=list)
    silent: int = 0
    foreign: int = 0  # inside an element whose `lang` says that it is not the page's language

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        foreign = bool(given.get("lang", "\0").strip("\0"))
        if tag not in {"input", "img", "br", "meta", "link", "circle", "path", "rect", "line"}:
            self.open.append((tag, tag in SILENT, foreign))
        said = [given.get(name, "") for name in SAID]
        if tag == "input" and given.get("type") in {"submit", "button"}:
            said.append(given.get("value", ""))
        for text in said:
            self._look(text)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        self._look(data)

    def _look(self, text: str) -> None:
        if any(silent or foreign for _, silent, foreign in self.open):
            return
        words = [word for word in _WORD.findall(text) if word not in SAME_EVERYWHERE]
        if words:
            self.found.append(" ".join(text.split()))


def bare_texts(template: str) -> Iterator[str]:
    """Each text of the template that has words and is not marked for translation."""
    text = _COMMENT.sub("", _BLOCK.sub("", template))
    reader = _Reader()
    reader.feed(_TAG.sub("", text))
    reader.close()
    yield from reader.found
