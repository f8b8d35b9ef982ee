"""Names, nesting and the two documents that describe a feed."""

from dataclasses import replace
from typing import Any

from lxml import etree

from surveys.datasets.columns import dataset_of
from surveys.datasets.odata.document import EDM, metadata, service_document
from surveys.datasets.odata.model import Model, clean_name, model_of
from surveys.xforms.schema import Field, Repeat, Schema

NS = {"e": EDM}


def schema(
    *paths: str, repeats: tuple[Repeat, ...] = (), types: dict[str, str] | None = None
) -> Schema:
    def repeat_of(path: str) -> str:
        inside = [r.path for r in repeats if path.startswith(f"{r.path}/")]
        return max(inside, key=len, default="")

    fields = tuple(
        Field(p.rpartition("/")[2], p, p, (types or {}).get(p, "string"), repeat_of(p))
        for p in paths
    )
    return Schema("my form", "1", "My form", ("",), fields, repeats)


def model(*paths: str, flat: bool = False, **more: Any) -> Model:
    return model_of(dataset_of([schema(*paths, **more)]), flat=flat)


def names(found: Model, at: int = 0) -> list[str]:
    return [p.name for p in found.types[at].properties]


def test_names_hold_letters_digits_and_underscores_only() -> None:
    assert [clean_name(n) for n in ("a-b", "1a", "имя", "a.b", "_x")] == [
        "a_b", "_a", "___", "a_b", "_x",
    ]  # fmt: skip


def test_names_that_fall_together_are_numbered() -> None:
    found = model("a-b", "a.b", "g/имя", "g/дом", "__id", "__system")
    assert names(found)[1:] == ["a_b", "a_b_2", "g/___", "g/____2", "__id_2", "__system_2"]


def test_question_named_like_a_group_of_another_version_has_a_name_of_its_own() -> None:
    old, new = schema("home/size"), replace(schema("home"), version="2")
    assert names(model_of(dataset_of([new, old])))[1:] == ["home/size", "home_2"]


def test_flat_names_join_their_groups() -> None:
    assert names(model("g/a", "g_a", "meta/instanceID", flat=True)) == [
        "meta_instanceID", "g_a", "g_a_2", "meta_instanceID_2",
    ]  # fmt: skip


REPEATS = (Repeat("g/r", "r", ""), Repeat("g/r/h/s", "s", "g/r"))


def nested(**more: Any) -> Model:
    return model("g/r/h/b", "g/r/h/s/c", "g/r/a", "g/z", repeats=REPEATS, **more)


def test_repeats_are_sets_with_the_key_of_their_parent() -> None:
    found = nested()
    assert [(t.name, t.parent_key) for t in found.types] == [
        ("Submissions", ""),
        ("Submissions.g.r", "__Submissions-id"),
        ("Submissions.g.r.h.s", "__Submissions-g-r-id"),
    ]
    assert [n.name for t in found.types for n in t.navigations] == ["g/r", "h/s"]
    assert (names(found, 1), names(found, 2)) == (["h/b", "a"], ["c"])


def test_service_document_names_every_set() -> None:
    said = service_document(nested(), "https://x.example/v1/projects/1/forms/my%20form.svc")
    assert said["@odata.context"].endswith("my%20form.svc/$metadata")
    assert [s["url"] for s in said["value"]] == [
        "Submissions", "Submissions.g.r", "Submissions.g.r.h.s",
    ]  # fmt: skip


def test_metadata_declares_every_type_it_uses() -> None:
    for flat in (False, True):
        root = etree.fromstring(metadata(nested(flat=flat)))
        declared = {
            f"{schema.get('Namespace')}.{each.get('Name')}"
            for schema in root.iter(f"{{{EDM}}}Schema")
            for each in schema
        }
        used = {
            e.get("Type", "")
            for e in root.iter(f"{{{EDM}}}Property", f"{{{EDM}}}NavigationProperty")
        }
        used |= {e.get("EntityType") for e in root.iter(f"{{{EDM}}}EntitySet")}
        plain = {u.removeprefix("Collection(").rstrip(")") for u in used}
        assert {u for u in plain if not u.startswith("Edm.")} <= declared
        assert "org.opendatakit.user.my_form.Submissions.g.r.h.s" in plain
        keys = root.findall(".//e:EntityType/e:Key/e:PropertyRef", NS)
        assert [k.get("Name") for k in keys] == ["__id"] * 3


def test_metadata_gives_each_kind_of_answer_its_type() -> None:
    types = {
        "integer": "Int64", "decimal": "Decimal", "boolean": "Boolean", "date": "Date",
        "dateTime": "DateTimeOffset", "time": "String", "select_one": "String",
        "select_multiple": "String", "geopoint": "GeographyPoint",
        "geotrace": "GeographyLineString", "geoshape": "GeographyPolygon", "image": "String",
    }  # fmt: skip
    root = etree.fromstring(metadata(model(*types, types={t: t for t in types})))
    found = {
        p.get("Name"): p.get("Type")
        for p in root.findall(".//e:EntityType[@Name='Submissions']/e:Property", NS)
    }
    assert {t: found[t] for t in types} == {t: f"Edm.{edm}" for t, edm in types.items()}
