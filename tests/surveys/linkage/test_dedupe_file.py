"""manage.py dedupe_file: what a partner runs on a list of their own."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.surveys.linkage import sample


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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "done"), [("y\n", True), ("n\n", False), ("", False)])
def test_at_a_terminal_nothing_is_done_before_the_columns_are_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, done: bool
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("ФИО;Тел.\nАсанов Бакыт;0555123456\n")
    monkeypatch.setattr(sys, "stdin", Terminal(answer))

    if done:
        run(source, target)
    else:
        with pytest.raises(CommandError, match="Nothing was done"):
            run(source, target)

    assert target.exists() == done


def test_list_is_never_written_over(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("ФИО;Тел.\nАсанов Бакыт;0555123456\n")
    kept = source.read_bytes()

    for words in [(source, source), (source, tmp_path / "o.csv", "--links", tmp_path / "o.csv"),
                  (source, tmp_path / "o.csv", "--links", tmp_path / "." / "in.csv")]:  # fmt: skip
        with pytest.raises(CommandError, match="different files"):
            run(*words)

    assert source.read_bytes() == kept


def test_ids_that_are_no_text_and_ids_that_come_twice_are_all_in_the_answer(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.csv"
    source.write_text('{"record_id": "\\ud800"}\n{"record_id": 5}\n{"record_id": 5}\n{}\n')

    run(source, target)

    ids = [line.split(",")[0] for line in target.read_text().splitlines()]
    assert ids == ["record_id", "\\ud800", "5", "5 (line 3)", "line 4"]
