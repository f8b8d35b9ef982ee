"""Messages of the interface: found in our sources, kept in `locale/*/LC_MESSAGES/django.po`.

`make messages` (`python -m tests.messages`) brings the files up to date with the sources and
compiles them; it translates nothing. Needs Babel and none of GNU's tools. The compiled files are
committed, so that a machine which only serves needs neither.
"""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("ru", "ky", "tg")
# CLDR's categories for whole numbers; of Kyrgyz and Tajik: one and other.
PLURALS = {
    "ru": (
        3,
        "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)",
    ),
    "ky": (2, "(n != 1)"),
    "tg": (2, "(n != 1)"),
}
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # the same messages give the same bytes on every day
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "Said"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the sources; `id` is a pair where there is a plural."""

    id: str | tuple[str, str]
    context: str | None
    place: str


def sources() -> list[Path]:
    """Every file whose words people read."""
    found = (
        path
        for package in ("backend", "surveys", "sync")
        for kind in ("*.py", "*.html")
        for path in (ROOT / package).rglob(kind)
    )
    return sorted(path for path in found if "migrations" not in path.parts)


def messages_of(path: Path) -> Iterator[Message]:
    """The messages of a Python module or a template, in their order."""
    text = path.read_text()
    if path.suffix == ".html":
        text = templatize(text, origin=str(path))
    elif path.name == "problems.py":
        # Both words of `Kind(403, "title", "words")`.
        text += "".join(f"\n_({title!r})\n_({words!r})" for title, words in _kinds())
    stream = io.BytesIO(text.encode())
    where = str(path.relative_to(ROOT))
    for _line, found, _comments, context in extract("python", stream, keywords=KEYWORDS):
        if isinstance(found, str):
            yield Message(found, context, where)
        else:
            yield Message((found[0], found[1]), context, where)


def _kinds() -> Iterator[tuple[str, str]]:
    from backend.problems import KINDS  # noqa: PLC0415

    for kind in KINDS.values():
        yield kind.title, kind.words


def every_message() -> list[Message]:
    return [message for path in sources() for message in messages_of(path)]


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, messages: list[Message]) -> Catalog:
    """The catalog with exactly these messages, and the translations it had for them."""
    old = read(language) if po_path(language).exists() else Catalog(locale=language)
    new = Catalog(locale=language, project="Oila", fuzzy=False)
    for message in messages:
        kept = old.get(
            message.id if isinstance(message.id, str) else message.id[0], message.context
        )
        string = kept.string if kept is not None and kept.id == message.id else None
        new.add(message.id, string, locations=[(message.place, None)], context=message.context)
    return new


def po_bytes(catalog: Catalog) -> bytes:
    """The file's text, without dates and people: the same messages give the same bytes."""
    out = io.BytesIO()
    write_po(out, catalog, omit_header=True, width=100, sort_output=True)
    count, rule = PLURALS[str(catalog.locale)]
    header = (
        'msgid ""\nmsgstr ""\n"Language: {0}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals={1}; plural={2};\\n"\n\n'
    )
    return header.format(catalog.locale, count, rule).encode() + out.getvalue()


def mo_bytes(language: str) -> bytes:
    """The compiled file of what stands in the .po."""
    out = io.BytesIO()
    with po_path(language).open("rb") as file:
        catalog = read_po(file)
    catalog.creation_date = catalog.revision_date = _NO_DAY
    write_mo(out, catalog)
    return out.getvalue()


def main() -> None:
    messages = every_message()
    for language in LANGUAGES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(updated(language, messages)))
        path.with_suffix(".mo").write_bytes(mo_bytes(language))
        missing = sum(1 for m in read(language) if m.id and not all(_strings(m)))
        sys.stdout.write(f"{language}: {missing} without a translation\n")


def _strings(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


if __name__ == "__main__":
    main()
