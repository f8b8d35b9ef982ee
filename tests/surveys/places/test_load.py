import csv
import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.places.load import (
    SHIPPED,
    SHIPPED_FILES,
    load_aliases,
    load_boundaries,
    load_file,
    load_places,
)
from surveys.places.models import Place, PlaceAlias

pytestmark = pytest.mark.django_db

HEADER = "country,level,code,parent_code,name_en,name_ru,name_local,type,iso_3166_2,alt_names,note"


def write(path: Path, *rows: str, header: str = HEADER, coding: str = "utf-8") -> Path:
    path.write_bytes("\r\n".join([header, *rows]).encode(coding))
    return path


def small(path: Path, coding: str = "utf-8") -> Path:
    return write(
        path / "places.csv",
        "KG,2,KG0601,KG06,Uzgen,Узген,Өзгөн,district,,Ozgon; Узген,",
        "KG,0,KG,,Kyrgyzstan,Кыргызстан,Кыргызстан,country,,,",
        "KG,1,KG06,KG,Osh,Ош,Ош,oblast,KG-O,,",
        coding=coding,
    )


def test_shipped_places_are_loaded_with_parents_names_and_outlines() -> None:
    counts = {name: load_file(SHIPPED / name) for name in SHIPPED_FILES}

    assert counts["admin_units.csv"] == 133
    assert Place.objects.count() == 133 + counts["sample_villages.csv"]
    village = Place.objects.get(code="TJ3507217-V01")
    assert village.path == "TJ/TJ3507000/TJ3507217/TJ3507217-V01"
    assert Place.objects.filter(level=2, boundary=None).count() == 0
    assert Place.objects.get(code="KG06255000000").name_local == "Өзгөн району"


def test_names_of_the_time_of_the_interviews_carry_their_dates() -> None:
    for name in SHIPPED_FILES:
        load_file(SHIPPED / name)

    bokhtar = PlaceAlias.objects.get(name="Bokhtar")
    aitmatov = PlaceAlias.objects.get(name="Aitmatov")

    assert (bokhtar.place.name_en, bokhtar.valid_to) == ("Kushoniyon", date(2018, 12, 31))
    assert Place.objects.get(name_en="Bokhtar city").code == "TJ3507217-C"
    assert (aitmatov.place.name_en, aitmatov.valid_from) == ("Kara-Buura", date(2022, 1, 1))


def test_loading_twice_changes_nothing() -> None:
    for _ in range(2):
        for name in SHIPPED_FILES:
            load_file(SHIPPED / name)
        aliases = list(PlaceAlias.objects.order_by("pk").values())
        places = list(Place.objects.order_by("pk").values())

    assert len(places) == 198
    assert list(PlaceAlias.objects.order_by("pk").values()) == aliases


def test_second_load_corrects_names_and_keeps_the_place(tmp_path: Path) -> None:
    load_places(small(tmp_path))
    before = Place.objects.get(code="KG0601")

    load_places(write(tmp_path / "b.csv", "KG,2,KG0601,KG06,Uzgen,Узгенский,Өзгөн,district,,,new"))

    after = Place.objects.get(code="KG0601")
    assert (after.pk, after.name_ru, after.note) == (before.pk, "Узгенский", "new")
    assert after.path == "KG/KG06/KG0601"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig"])
def test_rows_may_stand_in_any_order_with_or_without_a_mark(tmp_path: Path, coding: str) -> None:
    load_places(small(tmp_path, coding))

    assert Place.objects.get(code="KG0601").parent == Place.objects.get(code="KG06")
    assert set(PlaceAlias.objects.values_list("name", flat=True)) == {"Ozgon", "Узген"}


def test_codes_stay_text(tmp_path: Path) -> None:
    load_places(write(tmp_path / "a.csv", "XX,0,007,,Bond,,,country,,,"))

    assert Place.objects.get().code == "007"


def test_queries_do_not_grow_with_the_file(tmp_path: Path) -> None:
    with CaptureQueriesContext(connection) as few:
        load_places(small(tmp_path))
    rows = [f"KG,2,KG06{n},KG06,P{n},,,district,,A{n},".replace(" ", "") for n in range(500)]
    with CaptureQueriesContext(connection) as many:
        load_places(
            write(
                tmp_path / "many.csv",
                *rows,
                "KG,0,KG,,Kyrgyzstan,,,country,,,",
                "KG,1,KG06,KG,Osh,,,oblast,,,",
            )
        )

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("KG,1,KG06,XX,Osh,,,oblast,,,", "its parent XX is neither"),
        ("KG,9,KG06,,Osh,,,oblast,,,", "no level"),
        ("KG,x,KG06,,Osh,,,oblast,,,", "no level"),
        ("KG,0,KG,,A,,,country,,,\r\nKG,0,KG,,B,,,country,,,", "KG stands there twice"),
    ],
)
def test_file_with_a_wrong_row_loads_nothing(tmp_path: Path, row: str, words: str) -> None:
    file = write(tmp_path / "a.csv", "TJ,0,TJ,,Tajikistan,,,country,,,", row)

    with pytest.raises(ValueError, match=words):
        load_places(file)

    assert not Place.objects.exists()


def test_file_in_another_encoding_or_without_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not UTF-8"):
        load_places(_cp1251(tmp_path))
    with pytest.raises(ValueError, match="lacks the column level, parent_code"):
        load_places(write(tmp_path / "a.csv", header="code,name_en,name_ru,name_local,type"))


def _cp1251(tmp_path: Path) -> Path:
    return write(tmp_path / "c.csv", "KG,0,KG,,K,Кыргызстан,,country,,,", coding="cp1251")


def test_alias_of_an_unknown_place_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "ZZ,Zed,,", header="code,name,valid_from,valid_to")

    with pytest.raises(ValueError, match="no place with the code ZZ"):
        load_aliases(file)


def test_outlines_join_by_code_and_unknown_ones_are_passed_over(tmp_path: Path) -> None:
    load_places(small(tmp_path))
    outline = {"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [5, 6], [1, 2]]]}
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": outline}
        for code in ("KG06", "ZZ")
    ]
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    assert load_boundaries(file) == 1
    assert Place.objects.get(code="KG06").boundary == outline
    file.write_text("[]")
    with pytest.raises(ValueError, match="no GeoJSON"):
        load_boundaries(file)


def test_command_loads_what_we_ship_or_the_files_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_places", str(small(tmp_path)))
    assert capsys.readouterr().out == "places.csv: 3\n"

    call_command("load_places")
    assert "admin2_boundaries.geojson: 117" in capsys.readouterr().out

    with pytest.raises(CommandError, match="No such file"):
        call_command("load_places", str(tmp_path / "none.csv"))


def test_dated_aliases_we_ship_name_places_we_ship() -> None:
    with (SHIPPED / "admin_units.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    with (SHIPPED / "aliases.csv").open(encoding="utf-8") as file:
        aliases = list(csv.DictReader(file))

    assert {row["code"] for row in aliases} <= codes
    assert len({(row["code"], row["name"]) for row in aliases}) == len(aliases)
