"""The interface in four languages: nothing untranslated, nothing translated wrongly by its form."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.bare_text import bare_texts
from tests.messages import (
    LANGUAGES,
    PLURALS,
    ROOT,
    every_message,
    messages_of,
    mo_bytes,
    po_bytes,
    po_path,
    read,
    sources,
    updated,
)

TEMPLATES = [path for path in sources() if path.suffix == ".html"]
# Shown in all languages at once, on the sheet that lies beside a new tablet; and an address.
IN_EVERY_LANGUAGE = {
    "surveys/datasets/templates/datasets/queries.html": {"place=KG06&hh_size__gte=5"},
    "sync/templates/admin/sync/sheets.html": {
        "User name · Логин",
        "Password · Пароль",
        "Code · Код (72 h)",
    },
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|{\w*(?:![rs])?}|</?\w+[^>]*>")
# What only programs and tablets are told is English: `docs/translations.md`.
FOR_PROGRAMS = ("sync/", "surveys/datasets/odata/")
MODULES = [path for path in sources() if path.suffix == ".py"]
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@pytest.fixture(scope="module")
def catalogs():
    return {language: read(language) for language in LANGUAGES}


def strings(message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_lacks_a_translation(catalogs, language):
    missing = [m.id for m in catalogs[language] if m.id and not all(strings(m))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_hold_what_the_sources_say_and_nothing_else(language):
    """Fails after a change of words: run `make messages`, then translate what is new."""
    assert po_path(language).read_bytes() == po_bytes(updated(language, every_message()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_is_that_of_its_source(language):
    assert po_path(language).with_suffix(".mo").read_bytes() == mo_bytes(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_the_placeholders_and_tags_of_its_message(catalogs, language):
    wrong = []
    for message in catalogs[language]:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = Counter(PLACEHOLDER.findall(ids[-1]))
        wrong += [s for s in strings(message) if Counter(PLACEHOLDER.findall(s)) != wanted]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(catalogs, language):
    assert [m.id for m in catalogs[language] if m.id and m.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_the_forms_of_its_language(catalogs, language):
    forms = PLURALS[language][0]
    plurals = [m for m in catalogs[language] if isinstance(m.id, tuple)]
    assert plurals
    assert {len(strings(m)) for m in plurals} == {forms}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_written_in_the_letters_of_the_language(catalogs, language):
    """No look-alike letter, none that fell out of another code page, none of another alphabet."""
    extra = {"ru": "", "ky": "ңөү", "tg": "ғӣқӯҳҷ"}[language]
    allowed = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя" + extra)
    wrong = set()
    for message in catalogs[language]:
        if not message.id:
            continue
        for string in strings(message):
            plain = PLACEHOLDER.sub(" ", string)
            for word in re.findall(r"[^\W\d_]+", plain):
                cyrillic = {c for c in word.lower() if c >= "\u0400"}
                if cyrillic and (cyrillic - allowed or any(c < "\u0400" for c in word)):
                    wrong.add(word)
    assert wrong == set()
    assert not any(REPLACEMENT in s for m in catalogs[language] for s in strings(m))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_says_nothing_that_cannot_be_translated(path):
    allowed = IN_EVERY_LANGUAGE.get(str(path.relative_to(ROOT)), set())
    assert [text for text in bare_texts(path.read_text()) if text not in allowed] == []


def calls(path: Path, name: str) -> list[ast.Call]:
    nodes = ast.walk(ast.parse(path.read_text()))
    found = (node for node in nodes if isinstance(node, ast.Call))
    return [node for node in found if isinstance(node.func, ast.Name) and node.func.id == name]


def test_every_sentence_of_a_pure_module_stands_where_it_is_said() -> None:
    """Else it is no message: `make messages` finds what is written out, and nothing else."""
    users = [path for path in MODULES if "from backend.said import Said" in path.read_text()]
    said = [(path, call) for path in users for call in calls(path, "Said")]
    found = {message.id for path in users for message in messages_of(path)}

    assert len(said) > 150
    assert [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in said
        if not isinstance(call.args[0], ast.Constant) or call.args[0].value not in found
    ] == []


def test_every_reason_that_a_page_may_show_can_be_translated() -> None:
    english = [
        f"{name}:{call.lineno}"
        for path in MODULES
        if not (name := str(path.relative_to(ROOT))).startswith(FOR_PROGRAMS)
        for call in calls(path, "Problem") + calls(path, "WorkbookError")
        for given in call.keywords
        if given.arg == "reason"
        and isinstance(given.value, ast.Constant | ast.JoinedStr | ast.BinOp)
    ]
    assert english == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_can_be_read(path):
    get_template(str(path).split("/templates/")[1])


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('{% translate "Hello" %} {{ name }}', []),
        ("{% blocktranslate %}<b>Hello</b> you{% endblocktranslate %}", []),
        ('<img alt="A dog">', ["A dog"]),
        ('<input type="submit" value="Go">', ["Go"]),
        ('<input type="hidden" value="Go">', []),
        ("<code>place=KG06</code> XLSX", []),
        ('<p lang="ru">Привет</p>', []),
        ('<p class="{% if a %}some{% endif %}">{# why #}</p>', []),
        ("<p>{% if a %}some{% else %}{{ b }}{% endif %}</p>", ["some"]),
    ],
)
def test_bare_text_is_found_where_a_person_would_read_it(template, found):
    assert list(bare_texts(template)) == found
