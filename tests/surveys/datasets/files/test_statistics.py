"""Stata and SPSS files, read back by pyreadstat and by pandas: the same numbers in both."""

import math
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas
import pyreadstat
import pytest

from surveys.datasets.columns import RECORD_KEYS, REPEAT_KEYS, Column, dataset_of
from surveys.datasets.files.key_labels import key_labels, part_labels
from surveys.datasets.files.readstat import SAV_BYTES, Spool, count_table, cut, shorten, write_table
from surveys.datasets.files.sheets import GEO_PARTS, CannotHold
from surveys.datasets.files.variables import (
    LABEL_CHARACTERS,
    SPSS,
    STATA,
    Flavor,
    Losses,
    Missing,
    Variable,
)
from surveys.datasets.variables import Encoding, column_encoder
from surveys.xforms.schema import Choice, Field, Schema

ZONE = ZoneInfo("Asia/Dushanbe")
RU = "Русский (ru)"
YEARS = tuple(Choice(str(n), {RU: f"{n} лет"}) for n in (10, 20, 30))
COUNTRIES = (
    Choice("KG", {RU: "Кыргызстан"}),
    Choice("TJ", {RU: "Таджикистан"}),
    Choice("dk", {RU: "Не знает"}),
    Choice("refused", {RU: "Отказалась отвечать"}),
)
NEEDS = (Choice("work", {RU: "Работа"}), Choice("seeds & tools", {RU: "Семена"}))
EVENING = "2014-06-03T20:20:00.000+00:00"
BOTH = pytest.mark.parametrize("flavor", [STATA, SPSS], ids=["dta", "sav"])


def columns(*fields: Field) -> tuple[Column, ...]:
    return dataset_of([Schema("f", "1", "Form", (RU,), fields, ())]).root.columns


def question(name: str, kind: str = "string", **more: Any) -> Field:
    return Field(name, name, name, kind, "", {RU: f"Вопрос {name}"}, **more)


def write(
    folder: Path,
    flavor: Flavor,
    fields: list[Field],
    rows: list[list[Any]],
    *,
    versions_asking: bool = True,
) -> tuple[Path, list[Variable], Losses]:
    """One table, as an export writes it."""
    losses = Losses()
    encoding = Encoding(flavor, RU, ZONE, losses)
    encoders = [column_encoder(column, encoding) for column in columns(*fields)]
    variables = [v for e in encoders for v in e.variables()]
    why = Missing.SKIPPED if versions_asking else Missing.NOT_ASKED
    gaps = [flavor.missing(why)] * len(rows)
    path = folder / f"t.{flavor.kind}"
    with closing(Spool(folder, [v.is_text for v in variables])) as spool:
        if rows:
            cells = []
            for encoder, values in zip(encoders, zip(*rows, strict=True), strict=True):
                cells += encoder.encode(values, gaps)
            if flavor is SPSS:
                pairs = zip(cells, variables, strict=True)
                cells = [shorten(column, v.name, losses) for column, v in pairs]
            spool.add(tuple(cells))
        write_table(
            path,
            spool,
            variables,
            flavor,
            label="Обследование",
            missing_labels=encoding.missing_labels,
        )
    return path, variables, losses


def read(path: Path, **words: Any) -> tuple[Any, Any]:
    return (pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta)(path, **words)


@BOTH
def test_values_labels_and_dates_come_back(tmp_path: Path, flavor: Flavor) -> None:
    fields = [
        question("country", "select_one", choices=COUNTRIES),
        question("years", "select_one", choices=YEARS),
        question("size", "integer"),
        question("income", "decimal"),
        question("day", "date"),
        question("end", "dateTime"),
        question("land", "boolean"),
        question("village"),
        question("card"),
    ]
    path, _, losses = write(
        tmp_path,
        flavor,
        fields,
        [
            [
                "TJ",
                "20",
                5,
                0.1,
                "2014-06-03",
                "2014-06-03T20:20:00.000+00:00",
                True,
                "Өзгөн 🙂",
                "0012345678901",
            ],
            ["KG", "10", 1234567890123, -2.5, "1899-12-31", None, False, "=1+1", None],
        ],
    )

    frame, about = read(path)
    assert list(frame["country"]) == [2, 1]
    assert about.variable_value_labels["country"][1] == "Кыргызстан"
    assert list(frame["years"]) == [20, 10]
    assert list(frame["size"]) == [5, 1234567890123]
    assert list(frame["income"]) == [0.1, -2.5]
    assert list(frame["day"]) == [date(2014, 6, 3), date(1899, 12, 31)]
    assert frame["end"][0] == datetime(2014, 6, 4, 1, 20)  # noqa: DTZ001  by the clocks of Dushanbe
    assert list(frame["land"]) == [1, 0]
    assert list(frame["village"]) == ["Өзгөн 🙂", "=1+1"]
    assert list(frame["card"]) == ["0012345678901", ""]
    assert about.column_names_to_labels["village"] == "Вопрос village"
    assert about.variable_value_labels["land"] == {0: "Нет", 1: "Да"} | {
        key: words
        for key, words in about.variable_value_labels["land"].items()
        if key not in {0, 1}
    }
    assert about.file_label == "Обследование"
    assert count_table(path) == 2
    assert not losses.found


def test_stata_file_is_of_version_118_and_pandas_reads_the_same(tmp_path: Path) -> None:
    fields = [question("country", "select_one", choices=COUNTRIES), question("day", "date")]
    path, _, _ = write(tmp_path, STATA, fields, [["KG", "2014-06-03"], ["TJ", "1950-01-01"]])
    assert path.read_bytes().startswith(b"<stata_dta><header><release>118</release>")
    frame = pandas.read_stata(path)
    assert list(frame["country"]) == ["Кыргызстан", "Таджикистан"]
    assert list(frame["day"]) == [pandas.Timestamp("2014-06-03"), pandas.Timestamp("1950-01-01")]


@BOTH
def test_kinds_of_missing_are_told_apart(tmp_path: Path, flavor: Flavor) -> None:
    fields = [question("country", "select_one", choices=COUNTRIES), question("size", "integer")]
    path, _, _ = write(
        tmp_path, flavor, fields, [["dk", 3], ["refused", None], [None, 0], ["KG", None]]
    )
    frame, about = read(path, user_missing=True)
    d, c, b = (flavor.missing(w) for w in (Missing.DONT_KNOW, Missing.REFUSED, Missing.SKIPPED))
    assert list(frame["country"]) == [d, c, b, 1]
    assert list(frame["size"]) == [3, b, 0, b]
    labels = about.variable_value_labels["country"]
    assert [labels[flavor.missing(w)] for w in Missing] == [
        "Не спрашивали",
        "Пропущено",
        "Отказ",
        "Не знает",
        "Неприменимо",
        "Не читается",
    ]
    plain, _ = read(path)
    assert [math.isnan(v) for v in plain["size"]] == [False, True, False, True]


def test_question_a_version_did_not_have_was_not_asked(tmp_path: Path) -> None:
    path, _, _ = write(
        tmp_path, STATA, [question("size", "integer")], [[None]], versions_asking=False
    )
    frame, _ = read(path, user_missing=True)
    assert list(frame["size"]) == ["a"]


@BOTH
def test_several_choices_are_text_and_a_column_each(tmp_path: Path, flavor: Flavor) -> None:
    fields = [question("needs", "select_multiple", choices=NEEDS)]
    path, variables, _ = write(
        tmp_path, flavor, fields, [[["seeds & tools"]], [["work", "other"]], [None]]
    )
    frame, about = read(path)
    assert (
        [v.name for v in variables]
        == list(frame.columns)
        == ["needs", "needs_work", "needs_seeds_tools"]
    )
    assert list(frame["needs"]) == ["seeds & tools", "work other", ""]
    assert list(frame["needs_work"])[:2] == [0, 1]
    assert math.isnan(frame["needs_work"][2])
    assert about.column_names_to_labels["needs_work"] == "Работа (Вопрос needs)"


@BOTH
def test_code_the_form_does_not_list_gets_a_number_and_is_not_lost(
    tmp_path: Path, flavor: Flavor
) -> None:
    path, _, _ = write(
        tmp_path,
        flavor,
        [question("years", "select_one", choices=YEARS)],
        [["30"], ["99x"], ["99x"]],
    )
    frame, about = read(path)
    assert list(frame["years"]) == [30, 31, 31]
    assert about.variable_value_labels["years"][31] == "99x"


@BOTH
def test_hostile_names_become_names_both_packages_take(tmp_path: Path, flavor: Flavor) -> None:
    hostile = [
        "if",
        "str5",
        "_all",
        "a&b",
        "A_B",
        "ω" * 40,
        "x" * 80,
        "x" * 79,
        "1st",
        "Село",
        "by",
        "not",
    ]
    path, variables, _ = write(tmp_path, flavor, [question(n) for n in hostile], [hostile])
    frame, _ = read(path)
    assert list(frame.columns) == [v.name for v in variables]
    assert list(frame.iloc[0]) == hostile
    assert max(map(len, frame.columns)) <= 32
    assert len({name.casefold() for name in frame.columns}) == len(hostile)


@BOTH
def test_number_with_the_longest_name_is_written_with_its_labels(
    tmp_path: Path, flavor: Flavor
) -> None:
    fields = [question("q" * 80, "integer"), question("q" * 79, "select_one", choices=YEARS)]
    path, variables, _ = write(tmp_path, flavor, fields, [[1, "10"]])
    frame, about = read(path)
    assert list(frame.iloc[0]) == [1, 10]
    assert about.variable_value_labels[variables[1].name][10] == "10 лет"


def test_name_kept_from_before_with_32_characters_is_written_without_labels(tmp_path: Path) -> None:
    variable = Variable("q" * 32, "q" * 80, "coded", value_labels={1: "one"})
    path = tmp_path / "t.dta"
    with closing(Spool(tmp_path, [False])) as spool:
        spool.add(([1.0, 2.0, None],))
        write_table(path, spool, [variable], STATA, label="t", missing_labels=["-"] * len(Missing))
    frame, _ = read(path)
    assert list(frame["q" * 32])[:2] == [1, 2]


def test_long_text_is_whole_in_stata_and_cut_aloud_in_spss(tmp_path: Path) -> None:
    long = "я" * 40_000
    fields = [question("story")]
    path, _, losses = write(tmp_path, STATA, fields, [[long], ["short"], [None]])
    frame, _ = read(path)
    assert list(frame["story"]) == [long, "short", ""]
    assert not losses.found
    path, _, losses = write(tmp_path, SPSS, fields, [[long], ["short"], [None]])
    frame, _ = read(path)
    assert frame["story"][0].endswith("я …[cut]")
    assert len(frame["story"][0].encode()) <= SAV_BYTES
    assert losses.sentences("t.sav") == ["t.sav.story: 1 texts are cut at 32,767 bytes"]


@BOTH
def test_answer_of_another_type_is_left_empty_and_counted(tmp_path: Path, flavor: Flavor) -> None:
    fields = [question("size", "integer"), question("day", "date")]
    path, _, losses = write(tmp_path, flavor, fields, [["many", "soon"], [2**60, "2014-06-03"]])
    frame, _ = read(path)
    assert math.isnan(frame["size"][0])
    assert losses.sentences("t") == [
        "t.size: 1 answers that are no whole are left empty",
        "t.size: 1 whole numbers above 2^53 are rounded",
        "t.day: 1 answers that are no date are left empty",
    ]


@BOTH
def test_table_without_rows_opens(tmp_path: Path, flavor: Flavor) -> None:
    path, _, _ = write(tmp_path, flavor, [question("size", "integer"), question("name")], [])
    frame, _ = read(path)
    assert (len(frame), list(frame.columns)) == (0, ["size", "name"])
    assert count_table(path) == 0


@BOTH
def test_two_thousand_columns_are_written(tmp_path: Path, flavor: Flavor) -> None:
    fields = [question(f"q{n}", "integer" if n % 2 else "string") for n in range(2000)]
    path, _, _ = write(tmp_path, flavor, fields, [[n if n % 2 else str(n) for n in range(2000)]])
    frame, _ = read(path)
    assert [int(v) for v in frame.iloc[0]] == list(range(2000))


@BOTH
def test_file_that_lost_its_end_does_not_count(tmp_path: Path, flavor: Flavor) -> None:
    path, _, _ = write(tmp_path, flavor, [question("size", "integer")], [[n] for n in range(5000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    try:
        counted = count_table(path)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError):
        counted = 0
    assert counted < 5000


@BOTH
def test_what_readstat_never_takes_is_told_from_a_full_disk(tmp_path: Path, flavor: Flavor) -> None:
    bad, words = [Variable("two words", "q", "number")], ["-"] * len(Missing)
    with closing(Spool(tmp_path, [False])) as spool:
        spool.add(([1.0],))
        with pytest.raises(CannotHold):
            write_table(tmp_path / "t", spool, bad, flavor, label="t", missing_labels=words)


@pytest.mark.parametrize("language", ["Русский (ru)", "Кыргызча (ky)", "Тоҷикӣ (tg)", "en", ""])
def test_keys_have_labels_that_fit_in_every_language(language: str) -> None:
    labels = key_labels(language)
    assert labels.keys() == {*REPEAT_KEYS, *RECORD_KEYS}
    assert part_labels(language).keys() == set(GEO_PARTS)
    assert all(len(label) <= LABEL_CHARACTERS for label in labels.values())
    assert len(set(labels.values())) == len(labels)


def test_labels_fit_each_package(tmp_path: Path) -> None:
    long = "ү" * 400
    field = Field("q", "q", "q", "select_one", "", {RU: long}, (Choice("a", {RU: long}),))
    path, _, _ = write(tmp_path, STATA, [field], [["a"]])
    _, about = read(path)
    assert about.column_labels[0] == "ү" * 79 + "…"
    assert about.variable_value_labels["q"][1] == long
    path, _, _ = write(tmp_path, SPSS, [field], [["a"]])
    _, about = read(path)
    assert about.column_labels[0] == "ү" * 126 + "…"
    assert len(about.variable_value_labels["q"][1].encode()) <= 120


def test_text_is_cut_between_letters() -> None:
    assert cut("ааа", 6) == "ааа"
    assert cut("аааа", 6) == "а…"
    assert cut("abcdef", 100, 4) == "abc…"
