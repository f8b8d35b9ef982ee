"""A draft's page: what it holds and changes; publishing it, once, by who has seen that."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.publishing.drafts import drop_draft, publish_kept
from surveys.publishing.models import FormDraft
from surveys.rounds.models import Round, Survey
from surveys.xforms.models import Form
from tests.surveys.publishing.sample import (
    ROOMS_AS_TEXT,
    ROOMS_RENAMED,
    VISIT,
    draft_of,
    publish_page,
    upload,
)
from tests.xlsforms import publish

pytestmark = pytest.mark.django_db
PICTURED = """
| survey |      |      |       |              |
|        | type | name | label | media::image |
|        | text | a    | A     | map.png      |
"""


@pytest.fixture
def round_() -> Round:
    survey = Survey.objects.create(code="s", name="Survey")
    return Round.objects.create(survey=survey, code="spring", name="Spring")


def test_page_shows_changes_classes_and_missing_translations(as_alice: Client) -> None:
    publish(VISIT, version="1")
    draft = draft_of(ROOMS_AS_TEXT)

    answer = as_alice.get(f"/forms/drafts/{draft.pk}/")

    page = answer.content.decode()
    (change,) = answer.context["changes"]
    assert (change.path, change.words, change.breaks) == ("rooms", "was integer, is string", True)
    assert {c.name: [k for _, k in c.fields] for c in answer.context["classes"]} == {
        "direct": ["resp_name"],
        "sensitive": ["legal"],
        "open": ["rooms"],
    }
    assert {each.name: each.missing for each in answer.context["languages"]} == {
        "English (en)": 0,
        "Тоҷикӣ (tg)": 1,
    }
    assert (
        '<td>survey</td><td data-label="Row" class="number">3</td><td><code>legal</code></td>'
        in page
    )
    assert 'class="bad-cell"' in page  # the warning about the same label, at its cell
    assert len(answer.content) < 150_000


def test_what_changes_is_kept_so_that_every_language_can_tell_it(as_alice: Client) -> None:
    """A version of before that kept only English words still shows them."""
    publish(VISIT, version="1")
    publish(ROOMS_AS_TEXT, version="2")
    form = Form.objects.get()
    version = form.current
    assert version is not None
    (change,) = version.what_changed
    assert change.words.through(lambda words: words.replace("was", "était")) == (
        "était integer, is string"
    )

    version.changes = [{"kind": "x", "path": "rooms", "words": "was a, is b", "breaks": True}]
    version.save()

    assert "<code>rooms</code> was a, is b" in as_alice.get(f"/forms/{form.pk}/").content.decode()


def test_new_form_is_published_with_its_round(as_alice: Client, round_: Round) -> None:
    draft = draft_of(version="1")

    publish_page(as_alice, draft, round="spring")

    form = Form.objects.get()
    draft.refresh_from_db()
    assert (form.current and form.current.version, form.round) == ("1", round_)
    assert bytes(form.current.xform) == bytes(draft.xform)
    assert draft.published == form.current
    published = AuditEvent.objects.get(action="form.published")
    assert published.by
    assert published.by.username == "alice"


def test_what_breaks_comparability_must_be_confirmed(as_alice: Client) -> None:
    publish(VISIT, version="1")
    draft = draft_of(ROOMS_AS_TEXT)

    refused = publish_page(as_alice, draft)
    assert refused.status_code == 409
    assert "Confirm what breaks" in refused.content.decode()
    assert Form.objects.get().current.version == "1"
    publish_page(as_alice, draft, breaks_confirmed="on")

    assert Form.objects.get().current.version == "2"


def test_likely_renaming_is_offered_and_kept_when_ticked(as_alice: Client) -> None:
    publish(VISIT, version="1")
    draft = draft_of(ROOMS_RENAMED)
    page = as_alice.get(f"/forms/drafts/{draft.pk}/").content.decode()

    publish_page(as_alice, draft, renamed=["rooms=n_rooms"])

    version = Form.objects.get().current
    assert 'value="rooms=n_rooms"' in page
    assert version.renamed == {"n_rooms": "rooms"}
    assert {f.name: f.key for f in version.schema.fields}["n_rooms"] == "rooms"


def test_another_publication_meanwhile_asks_to_look_again(as_alice: Client) -> None:
    first = publish(VISIT, version="1")
    draft = draft_of(VISIT.replace("How many rooms?", "Rooms?"), version="3")
    publish(VISIT.replace("Who answers?", "Who?"), version="2")

    answer = as_alice.post(f"/forms/drafts/{draft.pk}/publish/", {"looked_at": first.pk})

    assert answer.status_code == 409
    assert "Something else was published" in answer.content.decode()
    assert Form.objects.get().current.version == "2"


def test_draft_whose_version_was_published_with_other_content_says_so(as_alice: Client) -> None:
    draft = draft_of(ROOMS_AS_TEXT, version="1")
    publish(VISIT, version="1")

    answer = as_alice.get(f"/forms/drafts/{draft.pk}/")

    assert answer.status_code == 200
    assert "give the changed form a new version" in answer.content.decode()
    with pytest.raises(Problem, match="version_exists"):
        publish_kept(draft=draft, looked_at=None)


def test_publishing_twice_is_publishing_once(as_alice: Client) -> None:
    draft = draft_of(version="1")

    first = publish_kept(draft=FormDraft.objects.get(pk=draft.pk), looked_at=None)
    second = publish_kept(draft=FormDraft.objects.get(pk=draft.pk), looked_at=None)

    assert first == second
    assert Form.objects.get().versions.count() == 1


def test_file_of_a_draft_becomes_the_forms_when_published(as_alice: Client) -> None:
    draft = draft_of(PICTURED, version="1")
    address = f"/forms/drafts/{draft.pk}/"
    assert "needs the file “map.png”" in as_alice.get(address).content.decode()

    as_alice.post(f"{address}files/", {"file": upload(b"\x89PNG", "map.png")})
    assert "needs the file" not in as_alice.get(address).content.decode()
    publish_page(as_alice, draft)

    form = Form.objects.get()
    assert [(m.name, bytes(m.content)) for m in form.media.all()] == [("map.png", b"\x89PNG")]
    assert form.current.warnings == []


def test_file_that_cannot_be_used_is_answered_on_the_page(as_alice: Client) -> None:
    draft = draft_of()

    answer = as_alice.post(f"/forms/drafts/{draft.pk}/files/", {"file": upload(b"a,,b\n", "a.csv")})

    assert answer.status_code == 422
    assert "a column has no header" in answer.content.decode()


def test_dropped_draft_publishes_nothing_and_stays_readable(as_alice: Client) -> None:
    draft = draft_of()

    as_alice.post(f"/forms/drafts/{draft.pk}/drop/")
    drop_draft(draft=draft)

    answer = as_alice.get(f"/forms/drafts/{draft.pk}/")
    late = as_alice.post(f"/forms/drafts/{draft.pk}/publish/", {"looked_at": ""})
    assert answer.status_code == 200
    assert late.status_code == 409
    assert not Form.objects.exists()
    assert AuditEvent.objects.filter(action="draft.dropped").count() == 1
    with pytest.raises(Problem, match="draft_closed"):
        publish_kept(draft=draft, looked_at=None)


def test_published_draft_cannot_be_dropped() -> None:
    draft = draft_of()
    publish_kept(draft=draft, looked_at=None)

    with pytest.raises(Problem, match="draft_closed"):
        drop_draft(draft=draft)


def test_drafts_are_for_who_may_publish(as_bob: Client, as_dilnoza: Client) -> None:
    draft = draft_of()

    for client in (as_bob, as_dilnoza):
        assert client.get(f"/forms/drafts/{draft.pk}/").status_code == 403
        assert client.post(f"/forms/drafts/{draft.pk}/publish/").status_code == 403
        assert client.post(f"/forms/drafts/{draft.pk}/drop/").status_code == 403
        assert client.get(f"/forms/drafts/{draft.pk}/qr.png").status_code == 403
        assert "draft" not in client.get("/forms/").content.decode()


def test_draft_page_takes_as_many_queries_for_ten_files_as_for_one(
    as_alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    publish(VISIT, version="1")
    draft = draft_of(ROOMS_AS_TEXT)
    address = f"/forms/drafts/{draft.pk}/"
    for number in range(10):
        as_alice.post(f"{address}files/", {"file": upload(b"x", f"{number}.png")})
    as_alice.get(address)

    with django_assert_max_num_queries(18):
        as_alice.get(address)
