"""A partner's list in Excel, a CSV, or exported submissions: read, deduplicated, nothing lost."""

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from surveys.linkage.list_columns import guess_columns, read_choice, with_choice
from surveys.linkage.list_json import read_json_lines
from surveys.linkage.list_records import HouseholdList, read_rows
from surveys.linkage.list_rows import ListError, read_sheet
from surveys.linkage.list_words import card_as_compared, country_code, relation_code


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


def test_excels_own_first_line_and_bytes_that_are_broken_hide_no_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("sep=;\nФИО;Село\nАсанов Бакыт;Гүлчө\n".encode() + "Ө".encode()[:1])

    found = read(path)

    assert [(r.record_id, r.head.name) for r in found.records] == [
        ("3", "Асанов Бакыт"),
        ("4", "\ufffd"),
    ]


def workbook(path: Path, *sheets: list[list[object]], merged: str = "") -> Path:
    book = Workbook()
    for at, rows in enumerate(sheets):
        sheet = book.worksheets[0] if at == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
        for area in merged.split():
            sheet.merge_cells(area)
    book.save(path)
    return path


def test_workbook_with_a_title_and_a_row_a_person_makes_households(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Список получателей", "на 01.02.2026"],
        ["№ домохозяйства", "Фамилия", "Имя", "Степень родства", "Год рождения", "Телефон"],
        [17, "Асанов", "Бакыт", "глава", 1970, 555123456],
        [18, "Каримова", "Зарина", "глава", 1981, None],
        [17, "Асанова", "Жылдыз", "жена", 1975, None],
        [None, "Усенов", "Талант", "глава", 1966, None],
    ]

    found = read(workbook(tmp_path / "list.xlsx", rows))

    assert [r.record_id for r in found.records] == ["17", "18", "row 6"]
    assert [(m.name, m.relation) for m in found.records[0].members] == [
        ("Асанов Бакыт", "head"),
        ("Асанова Жылдыз", "spouse"),
    ]
    assert found.records[0].phones == ("555123456",)
    assert [finding.line for finding in found.findings] == [6]


def test_header_of_merged_cells_is_read_from_both_its_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Глава семьи", None, None, "Супруга", "Телефон"],
        ["ФИО", "Год рождения", "Пол", "ФИО", None],
        ["Асанов Бакыт", 1970, "м", "Асанова Гүлнара", "0555123456"],
    ]
    path = workbook(tmp_path / "list.xlsx", rows, merged="A1:C1 E1:E2")

    (record,) = read(path).records

    assert (record.head.name, record.head.birth, record.head.sex) == ("Асанов Бакыт", "1970", "м")
    assert [member.name for member in record.members] == ["Асанов Бакыт", "Асанова Гүлнара"]
    assert record.phones == ("0555123456",)


def test_members_below_the_merged_number_of_their_household_belong_to_it(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["№ домохозяйства", "ФИО", "Степень родства"],
        [1, "Асанов Бакыт", "глава"],
        [None, "Асанова Гүлнара", "жена"],
        [2, "Каримов Азамат", "глава"],
        [None, "Усенов Талант", "глава"],
        [None, "Усенова Айгүл", "дочь"],
    ]
    path = workbook(tmp_path / "list.xlsx", rows, merged="A2:A3")

    found = read(path)

    sizes = {record.record_id: len(record.members) for record in found.records}
    assert sizes == {"1": 2, "2": 1, "row 5": 2}
    assert [finding.line for finding in found.findings] == [3, 5, 6]


def test_first_sheet_with_rows_counts_whatever_the_file_says_of_its_size(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [], [["ФИО", "Телефон"], ["Асанов Бакыт", "0555123456"]])
    small = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(small, "w") as said:
        for name in whole.namelist():
            said.writestr(name, whole.read(name).replace(b'ref="A1:B2"', b'ref="A1"'))

    assert [r.phones for r in read(small).records] == [("0555123456",)]


def test_id_that_comes_twice_is_kept_under_another(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("ID,ФИО\n7,Асанов Бакыт\n7,Каримова Зарина\n")

    found = read(path)

    assert [r.record_id for r in found.records] == ["7", "7 (line 3)"]
    assert found.findings[0].line == 3


def test_list_of_one_column_without_ids_is_read_by_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Получатели помощи\n\nФИО\nАсанов Бакыт\nКаримова Зарина\n")

    assert [r.record_id for r in read(path).records] == ["4", "5"]


def test_lines_that_are_no_records_are_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    lines = ['{"record_id": "line 2", "head_name": "Асанов Бакыт"}', '{"record_id": ', "[1]", "",
             '"x"', "[" * 100_000, '{"record_id": "7", "members": "none", "lat": "x"}',
             '{"record_id": "8", "members": [{"name": "Асан"}, 5, null]}']  # fmt: skip
    path.write_text("\n".join(lines))

    found = read_json_lines(path)

    ids = ["line 2", "line 2 (line 2)", "line 3", "line 5", "line 6", "7", "8"]
    assert [r.record_id for r in found.records] == ids
    assert found.bad == set(ids[1:5])
    assert {finding.line for finding in found.findings} == {2, 3, 5, 6, 7, 8}
    assert [len(r.members) for r in found.records[-2:]] == [0, 1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "list_empty"),
        (b"PK\x03\x04 not a workbook", "list_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 of 1997", "list_unreadable"),
        ('ФИО;Село\n"Асанов;Ош\nКаримов;Ош\n'.encode(), "list_unreadable"),
        ("ФИО;Село\n".encode(), "list_empty"),
        ("Цвет,Размер\nкрасный,5\n".encode(), "list_columns_unknown"),
        (bytes(range(256)) * 40, "list_columns_unknown"),
    ],
)
def test_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    with pytest.raises(ListError) as refused:
        read(path)

    assert refused.value.code == code


def test_empty_workbook_and_lines_of_which_none_is_a_record_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError) as empty:
        read(workbook(tmp_path / "list.xlsx", []))
    (tmp_path / "list.json").write_text('[\n{"record_id": "A"},\n]')
    with pytest.raises(ListError) as unread:
        read_json_lines(tmp_path / "list.json")

    assert (empty.value.code, unread.value.code) == ("list_empty", "list_unreadable")


def test_cards_and_relations_are_read_as_written() -> None:
    assert card_as_compared("кг 06-00123") == card_as_compared("KG0600123")
    assert [relation_code(word) for word in ("Жена", "ҳамсар", "уулу", "сосед", "")] == [
        "spouse", "spouse", "child", "other", "",
    ]  # fmt: skip


def test_country_is_read_by_its_name_so_that_phones_are_read_as_dialled_there() -> None:
    said = ("Тоҷикистон", "Республика Таджикистан", "tj", "Кыргызстан", "Kyrgyzstan", "Луна", "")
    assert [country_code(text) for text in said] == ["TJ", "TJ", "TJ", "KG", "KG", "", ""]
