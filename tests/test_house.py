"""What no linter knows: names of files, pure modules, documentation that keeps up with code."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.urls import get_resolver

from backend.problems import KINDS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OURS = ("backend", "surveys", "sync")
JUNK_DRAWERS = {
    "utils", "util", "helpers", "helper", "common", "core", "base", "misc", "services", "service",
    "managers", "mixins", "tools", "lib", "shared", "stuff",
}  # fmt: skip
TEXT = {
    ".py", ".md", ".txt", ".in", ".toml", ".yml", ".yaml", ".html", ".css", ".js", ".json", ".svg",
    ".csv", "",
}  # fmt: skip


def committed_files() -> list[Path]:
    """What git holds; in an unpacked archive, what lies there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout.decode()
    names = listed.split("\0") if listed else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def our_modules() -> list[Path]:
    return [
        path
        for package in OURS
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def docs_text() -> str:
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md"]
    return "\n".join(page.read_text() for page in pages)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_no_file_is_a_junk_drawer() -> None:
    assert [module_name(p) for p in our_modules() if p.stem in JUNK_DRAWERS] == []


def test_every_app_of_ours_has_an_apps_file() -> None:
    folders = [p.parent for p in our_modules() if p.name == "models.py"]
    assert folders
    assert [str(f) for f in folders if not (f / "apps.py").is_file()] == []


def starred_modules() -> set[str]:
    """Modules that architecture.md marks as pure: `path/file.py` ★ in its table of modules."""
    text = (DOCS / "architecture.md").read_text()
    paths = re.findall(r"`([\w/]+?)(?:\.py|/)` ★", text)
    return {path.replace("/", ".") for path in paths}


def pure_contract() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    return set(next(c for c in contracts if c["name"].startswith("Pure"))["source_modules"])


def test_each_starred_module_is_held_pure_and_each_pure_module_is_starred() -> None:
    assert starred_modules() == pure_contract()


def test_no_pure_module_imports_django() -> None:
    """The contract checks it by graph; this catches a module that the contract forgot to list."""
    for name in pure_contract():
        path = ROOT / name.replace(".", "/")
        files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
        for file in files:
            assert not re.search(r"^\s*(from|import) (django|celery)", file.read_text(), re.M), file


def test_every_app_is_documented() -> None:
    text = (DOCS / "architecture.md").read_text()
    names = [c.name for c in apps.get_app_configs() if c.name.split(".")[0] in OURS]
    assert [n for n in names if f"`{n.replace('.', '/')}`" not in text] == []


def test_every_setting_from_the_environment_is_documented() -> None:
    text = (DOCS / "operations.md").read_text()
    settings = (ROOT / "backend" / "settings.py").read_text()
    names = re.findall(r"env_\w+\(\s*\"([A-Z_]+)\"", settings)
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_command_is_documented() -> None:
    text = docs_text()
    names = [n for n, app in get_commands().items() if str(app).split(".")[0] in OURS]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_every_address_is_documented() -> None:
    text = docs_text()
    roots = {str(p.pattern).strip("^").split("<")[0] for p in get_resolver().url_patterns}
    assert [root for root in roots if root and f"/{root}" not in text] == []


@pytest.mark.parametrize("code", sorted(KINDS))
def test_problem_is_documented_with_its_status(code: str) -> None:
    text = (DOCS / "problems.md").read_text()
    assert f"| `{code}` | {KINDS[code].status} |" in text


def test_no_problem_is_documented_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \d+ \|", (DOCS / "problems.md").read_text(), re.M)
    assert sorted(rows) == sorted(KINDS)


def named_functions() -> list[tuple[str, str]]:
    """`path.py · function` in architecture.md's walk through one submission."""
    text = (DOCS / "architecture.md").read_text()
    return re.findall(r"`([\w/]+\.py) · (\w+)`", text)


def test_architecture_names_functions_that_exist() -> None:
    found = named_functions()
    assert len(found) >= 10
    missing = []
    for path, function in found:
        tree = ast.parse((ROOT / path).read_text())
        names = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        if function not in names:
            missing.append(f"{path} · {function}")
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    broken: list[str] = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        broken += [
            f"{page.relative_to(ROOT)} → {link}"
            for link in links
            if "://" not in link and not (page.parent / link).exists()
        ]
    assert broken == []


# Written in pieces, so that this file passes its own test.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"pyp" r"i\.(?:org|python)", r"pytho" r"nhosted\.org", r"registry\.np" r"mjs",
            r"--index" r"-url\s+http",
            r"(?:^|[\s\"'`=])/(?:ro" r"ot|ho" r"me/\w+|wor" r"k|tm" r"p)/",
        ]
    )
)  # fmt: skip


def test_no_committed_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in committed_files():
        if path.suffix in TEXT and path != Path(__file__):
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if FORBIDDEN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_no_task_left_in_the_code_as_a_note() -> None:
    note = re.compile(r"#\s*(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
    assert [str(p) for p in our_modules() if note.search(p.read_text())] == []
