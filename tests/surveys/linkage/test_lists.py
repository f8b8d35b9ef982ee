"""A partner's list in Excel, a CSV, or exported submissions: read, deduplicated, nothing lost."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from surveys.linkage.list_columns import guess_columns, read_choice, with_choice
from surveys.linkage.list_records import (
    HouseholdList,
    card_as_compared,
    read_json_lines,
    read_rows,
    relation_code,
)
from surveys.linkage.list_rows import ListError, read_sheet
from tests.surveys.linkage import sample


@pytest.mark.parametrize(
    ("columns", "guessed"),
    [
        (
            "№ карты;ФИО;Дата рождения;Телефон;Село",
            {"card": "№ карты", "name": "ФИО", "birth": "Дата рождения", "phone": "Телефон",
             "village": "Село"},
        ),
        (
            "Үй-бүлө башчысы;Туулган жылы;Айыл;Район",
            {"head_name": "Үй-бүлө башчысы", "birth": "Туулган жылы", "village": "Айыл",
             "district": "Район"},
        ),
        (
            "Сардори оила;Санаи таваллуд;Деҳа;Ноҳия",
            {"head_name": "Сардори оила", "birth": "Санаи таваллуд", "village": "Деҳа",
             "district": "Ноҳия"},
        ),
        (
            "Household ID;Full name;Relation to head;Sex;Date of birth;Remarks",
            {"household": "Household ID", "name": "Full name", "relation": "Relation to head",
             "sex": "Sex", "birth": "Date of birth"},
        ),
        (
            "Фамилия;Имя;Отчество;Год рождения (полный)",
            {"family_name": "Фамилия", "given_name": "Имя", "father_name": "Отчество",
             "birth": "Год рождения (полный)"},
        ),
    ],
)  # fmt: skip
def test_columns_are_guessed_in_four_languages(columns: str, guessed: dict[str, str]) -> None:
    assert guess_columns(columns.split(";")) == guessed


def test_a_choice_overrides_the_guess_and_is_checked() -> None:
    columns = ["ФИО", "Тел.", "Улица"]

    chosen = read_choice("head_name=ФИО,village=Улица", columns)

    assert with_choice({"name": "ФИО", "phone": "Тел."}, chosen) == {
        "phone": "Тел.", "head_name": "ФИО", "village": "Улица",
    }  # fmt: skip
    with pytest.raises(ValueError, match="no column 'Имя'"):
        read_choice("name=Имя", columns)
    with pytest.raises(ValueError, match="nothing we read"):
        read_choice("nome=ФИО", columns)


def read(path: Path) -> HouseholdList:
    sheet = read_sheet(path)
    return read_rows(sheet, guess_columns(sheet.columns), path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_is_read_in_whatever_encoding_and_delimiter(
    tmp_path: Path, encoding: str, mark: str
) -> None:
    path = tmp_path / "list.csv"
    rows = ["ФИО,Дата рождения,Телефон", "Асанов Бакыт,04.10.1970,0555123456", ",,"]
    path.write_text("\n".join(rows).replace(",", mark), encoding=encoding)

    found = read(path)

    assert [(r.record_id, r.head.name, r.head.birth, r.phones) for r in found.records] == [
        ("2", "Асанов Бакыт", "04.10.1970", ("0555123456",))
    ]


def test_workbook_with_a_title_and_a_row_a_person_makes_households(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Список получателей"],
        ["№ домохозяйства", "Фамилия", "Имя", "Степень родства", "Год рождения", "Телефон"],
        [17, "Асанов", "Бакыт", "глава", 1970, 555123456],
        [18, "Каримова", "Зарина", "глава", 1981, None],
        [17, "Асанова", "Жылдыз", "жена", 1975, None],
        [None, "Усенов", "Талант", "глава", 1966, None],
    ):
        sheet.append(row)
    path = tmp_path / "list.xlsx"
    book.save(path)

    found = read(path)

    assert [r.record_id for r in found.records] == ["17", "18", "row 6"]
    assert [(m.name, m.relation) for m in found.records[0].members] == [
        ("Асанов Бакыт", "head"),
        ("Асанова Жылдыз", "spouse"),
    ]
    assert found.records[0].phones == ("555123456",)
    assert [finding.line for finding in found.findings] == [6]


def test_id_that_comes_twice_is_kept_under_another(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ID,ФИО\n7,Асанов Бакыт\n7,Каримова Зарина\n")

    found = read(path)

    assert [r.record_id for r in found.records] == ["7", "7 (line 3)"]
    assert found.findings[0].line == 3


def test_lines_that_are_no_records_are_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"record_id": "A", "head_name": "Асанов Бакыт"}\n{"record_id": \n[1]\n\n"x"\n')

    found = read_json_lines(path)

    assert [r.record_id for r in found.records] == ["A", "line 2", "line 3", "line 5"]
    assert [finding.line for finding in found.findings] == [2, 3, 5]
    assert found.bad == {"line 2", "line 3", "line 5"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "list_empty"),
        (b"PK\x03\x04 not a workbook", "list_columns_unknown"),
        ("Цвет,Размер\nкрасный,5\n".encode(), "list_columns_unknown"),
    ],
)
def test_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    with pytest.raises(ListError) as refused:
        read(path)

    assert refused.value.code == code


def test_cards_and_relations_are_read_as_written() -> None:
    assert card_as_compared("кг 06-00123") == card_as_compared("KG0600123")
    assert [relation_code(word) for word in ("Жена", "ҳамсар", "уулу", "сосед", "")] == [
        "spouse", "spouse", "child", "other", "",
    ]  # fmt: skip


def run(*words: object) -> str:
    """In this process, in which no database may be touched: the test does not ask for one."""
    said = io.StringIO()
    call_command("dedupe_file", *map(str, words), stdout=said, stderr=said)
    return said.getvalue()


def test_command_reads_exported_submissions_and_writes_clusters_and_links(tmp_path: Path) -> None:
    source, target, links = (tmp_path / n for n in ("in.jsonl", "out.csv", "links.csv"))
    lines = sample.text_of("submissions.jsonl").splitlines()[:300]
    source.write_text("\n".join([*lines, "{"]))

    said = run(source, target, "--links", links)

    assert "line 301: This is no record" in said
    with target.open() as file:
        rows = list(csv.DictReader(file))
    ids = [json.loads(line)["record_id"] for line in lines]
    assert [row["record_id"] for row in rows] == [*ids, "line 301"]
    with links.open() as file:
        header, *found = csv.reader(file)
    assert header == ["record_id_l", "record_id_r", "decision", "weight", "vetoes"]
    assert {row[2] for row in found} <= {"auto", "review"}


def test_command_shows_what_it_takes_columns_for(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("ФИО;Тел.;Цвет\nАсанов Бакыт;0555123456;красный\n")

    said = run(source, target, "--columns", "head_name=ФИО", "--yes")

    assert "head_name: ФИО" in said
    assert "not read: Цвет" in said
    assert target.read_text().splitlines() == ["record_id,cluster_id", "2,2"]
    with pytest.raises(CommandError, match="no column 'Имя'"):
        run(source, target, "--columns", "head_name=Имя")
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "nowhere.csv", target)
