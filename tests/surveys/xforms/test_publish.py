import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.db import connection, connections

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.rounds.models import Round, Survey
from surveys.xforms.drafting import draft_form
from surveys.xforms.findings import Finding
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.publish import publish_form
from surveys.xforms.retire import relist_form, retire_form
from tests.xlsforms import publish, workbook

FORMS = Path(__file__).parents[3] / "data" / "forms"
ROOMS = """
| survey |         |       |           |
|        | type    | name  | label     |
|        | integer | rooms | How many? |
"""
ROOMS_AS_TEXT = ROOMS.replace("integer", "text   ")


def refusal(content: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        publish_form(content=content)
    return caught.value


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["registration", "service", "followup"])
def test_hash_is_the_md5_of_exactly_the_stored_bytes(name: str) -> None:
    """openrosa.md L3."""
    version = publish_form(content=(FORMS / f"{name}.xlsx").read_bytes()).version
    version.refresh_from_db()

    assert hashlib.md5(bytes(version.xform)).hexdigest() == version.md5
    assert bytes(version.xlsform) == (FORMS / f"{name}.xlsx").read_bytes()
    assert version.schema.form_id == version.form.form_id


@pytest.mark.django_db
def test_form_written_as_a_table_is_published_and_listed() -> None:
    version = publish(ROOMS, form_id="visit")

    assert [f.key for f in version.schema.fields] == ["rooms"]
    assert Form.objects.listed().get().current == version


@pytest.mark.django_db
def test_version_is_kept_as_the_form_says_it() -> None:
    """openrosa.md L5."""
    version = publish(ROOMS, version="2014.05-α 01")

    assert version.version == "2014.05-α 01"
    assert 'version="2014.05-α 01"'.encode() in bytes(version.xform)


@pytest.mark.django_db
def test_same_workbook_again_gives_the_version_it_made(alice: User) -> None:
    content = workbook(ROOMS)
    first = publish_form(content=content, by=alice)

    second = publish_form(content=content, by=alice)

    assert (first.created, second.created) == (True, False)
    assert first.version == second.version
    assert AuditEvent.objects.filter(action="form.published", by=alice).count() == 1


@pytest.mark.django_db
def test_workbook_saved_anew_is_the_same_form() -> None:
    content = workbook(ROOMS)
    first = publish_form(content=content)
    file = BytesIO()
    book = openpyxl.load_workbook(BytesIO(content))
    book.properties.creator = "someone else"
    book.save(file)

    assert file.getvalue() != content
    assert publish_form(content=file.getvalue()).version == first.version


@pytest.mark.django_db
def test_published_version_takes_no_other_content() -> None:
    """openrosa.md L6."""
    published = publish(ROOMS)
    before = bytes(published.xform)

    problem = refusal(workbook(ROOMS_AS_TEXT))

    published.refresh_from_db()
    assert (problem.code, problem.status) == ("version_exists", 409)
    assert bytes(published.xform) == before
    assert FormVersion.objects.count() == 1


@pytest.mark.django_db
def test_other_privacy_classes_need_another_version_too() -> None:
    publish(ROOMS)

    problem = refusal(
        workbook("""
    | survey |         |       |           |         |
    |        | type    | name  | label     | privacy |
    |        | integer | rooms | How many? | quasi   |
    """)
    )

    assert problem.code == "version_exists"


@pytest.mark.django_db
def test_only_the_newest_version_is_listed_and_the_older_stays() -> None:
    """openrosa.md L7."""
    old = publish(ROOMS, version="1")

    new = publish(ROOMS_AS_TEXT, version="2", title="Visit again")

    form = Form.objects.listed().get()
    assert (form.current, form.title) == (new, "Visit again")
    assert form.versions.filter(pk=old.pk).exists()


@pytest.mark.django_db
def test_older_version_again_does_not_come_back() -> None:
    publish(ROOMS, version="1")
    new = publish(ROOMS_AS_TEXT, version="2")

    publish(ROOMS, version="1")

    assert Form.objects.get().current == new


@pytest.mark.django_db
def test_what_breaks_comparability_is_shown_first_and_kept() -> None:
    publish(ROOMS, version="1")
    content = workbook(ROOMS_AS_TEXT, version="2")

    draft = draft_form(content=content)
    assert FormVersion.objects.count() == 1
    version = publish_form(content=content).version

    assert [(c.kind, c.path, c.breaks) for c in draft.changes] == [("type_changed", "rooms", True)]
    assert [c["kind"] for c in version.changes] == ["type_changed"]


@pytest.mark.django_db
def test_refused_form_leaves_nothing_behind() -> None:
    problem = refusal(workbook(ROOMS.replace("integer", "intger ")))

    assert (problem.code, problem.status) == ("xlsform_invalid", 422)
    assert problem.details["findings"] == [
        {"words": "“intger” is no type of question.", "sheet": "survey", "row": 2, "column": "type"}
    ]
    assert not Form.objects.exists()


@pytest.mark.django_db
def test_thousand_errors_are_counted_and_the_first_are_told() -> None:
    rows = "\n".join(f"| | txet | a{n} | A |" for n in range(1000))

    problem = refusal(workbook(f"| survey | | | |\n| | type | name | label |\n{rows}"))

    assert problem.details["count"] == 1000
    assert len(problem.details["findings"]) == 201
    assert problem.details["findings"][-1]["words"] == "… and 800 more."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"), [(b"no workbook", "workbook_unreadable"), (b"", "workbook_unreadable")]
)
def test_file_that_is_no_workbook_is_refused(content: bytes, code: str) -> None:
    assert refusal(content).code == code


@pytest.mark.django_db
def test_form_joins_its_round() -> None:
    survey = Survey.objects.create(code="s", name="S")
    round_ = Round.objects.create(survey=survey, code="r1", name="R1", opens_on=date(2014, 5, 1))

    version = publish_form(content=workbook(ROOMS), round_code="r1").version

    assert version.form.round == round_


@pytest.mark.django_db
def test_unknown_round_publishes_nothing() -> None:
    with pytest.raises(Problem, match="round_unknown"):
        publish_form(content=workbook(ROOMS), round_code="nowhere")

    assert not Form.objects.exists()


@pytest.mark.django_db
def test_retired_form_leaves_the_list_and_can_come_back(alice: User) -> None:
    form = publish(ROOMS).form

    retire_form(form=form, by=alice)
    assert not Form.objects.listed().exists()
    publish(ROOMS)
    assert not Form.objects.listed().exists()  # starting the server again must not undo it
    relist_form(form=form, by=alice)

    assert Form.objects.listed().get() == form
    actions = AuditEvent.objects.filter(by=alice).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["form.retired", "form.relisted"]


@pytest.mark.django_db
def test_new_version_of_a_retired_form_is_listed() -> None:
    retire_form(form=publish(ROOMS).form)

    version = publish(ROOMS_AS_TEXT, version="2")

    assert Form.objects.listed().get().current == version


@pytest.mark.django_db
def test_missing_files_are_a_warning_and_lists_that_forms_write_are_not() -> None:
    publish(
        """
    | survey   |             |        |          |         |
    |          | type        | name   | label    | save_to |
    |          | text        | a      | A        | a       |
    | entities |             |        |          |         |
    |          | list_name   | label  |          |         |
    |          | households  | ${a}   |          |         |
    """,
        form_id="register",
    )

    version = publish("""
    | survey |                                     |      |       |              |
    |        | type                                | name | label | media::image |
    |        | select_one_from_file households.csv | a    | A     | map.png      |
    |        | select_one_from_file towns.csv      | b    | B     |              |
    """)

    words = " ".join(w["words"] for w in version.warnings)
    assert "“towns.csv”" in words
    assert "“map.png”" in words
    assert "households" not in words


@pytest.mark.django_db
def test_external_choices_become_the_file_that_tablets_expect() -> None:
    """openrosa.md F11."""
    version = publish("""
    | survey           |                              |      |       |               |
    |                  | type                         | name | label | choice_filter |
    |                  | text                         | area | Area  |               |
    |                  | select_one_external villages | home | Home  | area=${area}  |
    | choices          |                              |      |       |               |
    |                  | list_name                    | name | label |               |
    |                  | unused                       | x    | X     |               |
    | external_choices |                              |      |       |               |
    |                  | list_name                    | name | label | area          |
    |                  | villages                     | v1   | Наримон | north       |
    """)

    home = version.schema.fields[1]
    assert (home.type, home.choices_file) == ("select_one", "itemsets.csv")
    assert version.schema.media == ("itemsets.csv",)
    assert version.warnings == []
    assert "Наримон" in bytes(version.form.media.get(name="itemsets.csv").content).decode()


@pytest.mark.django_db(transaction=True)
def test_two_people_publishing_at_once_make_one_version() -> None:
    content = workbook(ROOMS)

    def publish_elsewhere(_: int) -> bool:
        try:
            return publish_form(content=content).created
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(publish_elsewhere, range(4)))

    assert sorted(created) == [False, False, False, True]
    assert FormVersion.objects.count() == 1
    assert connection.is_usable()


TREES = """
| survey   |           |       |       |         |
|          | type      | name  | label | save_to |
|          | text      | sort  | Sort  | {saved} |
| entities |           |       |       |         |
|          | list_name | label |       |         |
|          | {listed}  | ${{sort}} |   |         |
"""


@pytest.mark.parametrize(
    ("saved", "listed", "place"),
    [
        ("Species", "trees", "survey, column save_to"),
        ("species", "Trees", "entities, column list_name"),
    ],
)
@pytest.mark.parametrize("form_id", ["felling", "planting"])
@pytest.mark.django_db
def test_names_of_lists_and_properties_are_spelt_as_published_before(
    saved: str, listed: str, place: str, form_id: str
) -> None:
    publish(TREES.format(saved="species", listed="trees"), form_id="planting")
    table = TREES.format(saved=saved, listed=listed)

    with pytest.raises(Problem) as refused:
        publish(table, form_id=form_id, version="2")

    (finding,) = refused.value.details["findings"]
    assert Finding(**finding).place == place
    assert publish(TREES.format(saved="species", listed="trees"), form_id=form_id, version="2")
    assert publish(TREES.format(saved="height", listed="bushes"), form_id="other")
