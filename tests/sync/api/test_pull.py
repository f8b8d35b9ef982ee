"""Section 4 of sync.md: what a tablet is told, and only that."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from random import Random

import brotli
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.entities.models import Entity, EntityList
from surveys.entities.publish import entity_csv
from surveys.places.models import Place
from surveys.rounds.models import Communities, Round, Survey
from surveys.xforms.models import Form, FormMedia
from sync.api.changes import cursor_key
from sync.api.cursor import StepsMark, read_cursor, write_cursor
from sync.auth import forget_callers
from sync.enrol import revoke_device
from sync.models import Assignment, Device
from tests.surveys.entities.changing import add_entity, change_entity, delete_entity, restore_entity
from tests.sync.api.conftest import new_holdings, new_tablet
from tests.sync.api.holdings import Holdings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_forms")]


def test_sync_4_the_first_pull_tells_all_and_says_reset(alai: Place) -> None:
    entity = add_entity("KG-06-00123 Үмүт Абдымомунова", alai, hh_size="4", card_no="KG-06-00123")

    page = new_tablet(alai).pull()

    assert page["reset"] is True
    assert page["more"] is False
    assert [form["form_id"] for form in page["forms"]] == ["registration", "service"]
    row = {
        "uuid": str(entity.pk),
        "label": "KG-06-00123 Үмүт Абдымомунова",
        "version": 1,
        "properties": {"card_no": "KG-06-00123", "hh_size": "4"},
    }
    assert page["entities"] == [{"list": "households", "upserts": [row], "deletes": []}]
    assert (page["verdicts"], page["tasks"]) == ([], [])


def test_sync_4_nothing_new_is_nothing(alai: Place) -> None:
    add_entity("one", alai)
    tablet = new_tablet(alai)
    page = tablet.pull(tablet.pull()["cursor"])
    told = {name: value for name, value in page.items() if name not in {"cursor", "server_time"}}
    nothing = {name: [] for name in ("forms", "media", "entities", "verdicts", "tasks")}
    assert told == {"more": False, "reset": False, **nothing}


def test_sync_4_only_what_changed_is_told(alai: Place) -> None:
    entities = [add_entity(str(at), alai) for at in range(5)]
    held = new_holdings(alai).pull()
    change_entity(entities[2], label="new")
    delete_entity(entities[3])

    page = held.pull_page()

    (changes,) = page["entities"]
    assert [row["label"] for row in changes["upserts"]] == ["new"]
    assert changes["deletes"] == [str(entities[3].pk)]
    assert (page["forms"], page["reset"]) == ([], False)


def test_sync_4_a_tablet_sees_its_places_and_all_below_them(
    alai: Place, gulcho: Place, kara_suu: Place
) -> None:
    add_entity("district", alai)
    add_entity("village", gulcho)
    add_entity("elsewhere", kara_suu)
    add_entity("nowhere")

    assert new_holdings(alai).pull().labels == {"district", "village"}
    assert new_holdings(gulcho).pull().labels == {"village"}
    assert new_holdings(alai, kara_suu).pull().labels == {"district", "village", "elsewhere"}
    assert new_holdings().pull().labels == {"district", "village", "elsewhere", "nowhere"}


def test_sync_4_a_household_that_moves_away_is_deleted_here_and_new_there(
    alai: Place, kara_suu: Place
) -> None:
    entity = add_entity("one", alai)
    here, there, all_over = (new_holdings(*p).pull() for p in ([alai], [kara_suu], []))
    change_entity(entity, place=kara_suu)

    pages = [each.pull_page()["entities"][0] for each in (here, there, all_over)]

    assert [page["deletes"] for page in pages] == [[str(entity.pk)], [], []]
    assert [len(page["upserts"]) for page in pages] == [0, 1, 1]


def test_sync_4_a_merged_household_leaves_the_list_and_comes_back_when_they_part(
    alai: Place,
) -> None:
    kept, merged = add_entity("kept", alai), add_entity("merged", alai)
    held = new_holdings(alai).pull()

    change_entity(merged, redirect_to=kept)
    assert held.pull().labels == {"kept"}
    restore_entity(merged)
    assert held.pull().labels == {"kept", "merged"}
    assert held.resets == 1


def test_sync_4_blank_properties_are_left_out(alai: Place) -> None:
    entity = add_entity("one", alai, hh_size="4")
    held = new_holdings(alai).pull()
    change_entity(entity, data={"hh_size": "", "district": alai.code})
    held.pull()
    assert held.households[str(entity.pk)]["properties"] == {"district": alai.code}


def test_sync_4_only_lists_that_a_form_of_the_tablet_chooses_from(alai: Place) -> None:
    add_entity("tree", alai, name="trees")
    add_entity("household", alai)
    assert list(new_holdings(alai).pull().rows) == ["households"]


def test_sync_4_a_list_that_a_form_begins_to_use_comes_whole_without_a_reset(alai: Place) -> None:
    add_entity("tree", alai, name="trees")
    held = new_holdings(alai).pull()
    service = Form.objects.get(form_id="service").current
    service.schema_json = {**service.schema_json, "entity_lists": ["households", "trees"]}
    service.save()

    held.pull()

    assert [row["label"] for row in held.rows["trees"].values()] == ["tree"]
    assert held.resets == 1


def test_sync_4_a_list_that_no_form_uses_any_more_is_gone_by_a_reset(alai: Place) -> None:
    add_entity("household", alai)
    held = new_holdings(alai).pull()
    Form.objects.filter(form_id="service").update(current=None)

    held.pull()

    assert held.rows == {}
    assert held.resets == 2


def test_sync_4_a_changed_form_brings_the_whole_form_list() -> None:
    held = new_holdings().pull()
    Form.objects.filter(form_id="service").update(title="Service, new")
    page = held.pull_page()
    assert [form["title"] for form in page["forms"]] == ["Registration", "Service, new"]
    assert held.pull_page()["forms"] == []


def test_sync_4_forms_and_their_files_can_be_fetched_with_the_token() -> None:
    form = Form.objects.get(form_id="registration")
    form.current.xform = b"<h:html/>"
    form.current.md5 = "0" * 32
    form.current.save()
    FormMedia.objects.create(
        form=form, name="карта 1.csv", content_type="text/csv", content=b"a,b", md5="1" * 32
    )
    tablet = new_tablet()
    page = tablet.pull()
    offered = page["forms"][0]

    def fetch(url: str) -> bytes:
        return tablet.client.get(url, headers={"Authorization": f"Bearer {tablet.token}"}).content

    assert (offered["hash"], offered["version"]) == ("md5:" + "0" * 32, "1")
    assert fetch(offered["url"]) == b"<h:html/>"
    (file,) = offered["media"]
    assert (file["name"], file["size"], file["hash"]) == ("карта 1.csv", 3, "md5:" + "1" * 32)
    assert fetch(file["url"]) == b"a,b"
    assert page["media"] == [{"form_id": "registration", **file}]


def test_sync_4_a_retired_form_or_one_of_a_round_that_is_over_is_closed() -> None:
    today = timezone.localdate()
    survey = Survey.objects.create(code="rmp", name="RMP")
    over = Round.objects.create(
        survey=survey, code="baseline", name="Baseline", closes_on=today - timedelta(days=1)
    )
    tablet = new_tablet()

    def states() -> list[str]:
        return [form["state"] for form in tablet.pull()["forms"]]

    assert states() == ["open", "open"]
    Form.objects.filter(form_id="registration").update(retired_at=timezone.now())
    Form.objects.filter(form_id="service").update(round=over)
    assert states() == ["closed", "closed"]
    Round.objects.update(closes_on=today)
    assert states() == ["closed", "open"]
    Round.objects.update(opens_on=today + timedelta(days=1), closes_on=None)
    assert states() == ["closed", "closed"]


def test_sync_4_a_tablet_is_told_of_the_forms_of_its_rounds_and_of_none() -> None:
    survey = Survey.objects.create(code="rmp", name="RMP")
    ours, theirs = (Round.objects.create(survey=survey, code=c, name=c) for c in ("ours", "theirs"))
    Form.objects.filter(form_id="service").update(round=theirs)
    tablet = new_tablet()
    device = Device.objects.get()
    Assignment.objects.create(device=device, round=ours)

    assert [form["form_id"] for form in tablet.pull()["forms"]] == ["registration"]
    Assignment.objects.create(device=device, round=theirs)
    assert len(tablet.pull()["forms"]) == 2


RESETS = {
    "garbage": lambda cursor: "garbage",
    "tampered": lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
    "cut off": lambda cursor: cursor[:20],
    "long": lambda cursor: cursor * 200,
    "NUL": lambda cursor: "\0" + cursor,
    "letters": lambda cursor: "Ўқувчи",
}


@pytest.mark.parametrize("change", RESETS.values(), ids=RESETS.keys())
def test_sync_4_an_unknown_cursor_resets(change: object, alai: Place) -> None:
    add_entity("one", alai)
    held = new_holdings(alai).pull()
    held.cursor = change(held.cursor)  # type: ignore[operator]
    assert held.pull().labels == {"one"}
    assert held.resets == 2


def test_sync_4_the_cursor_of_another_tablet_resets(alai: Place) -> None:
    add_entity("one", alai)
    first, second = new_holdings(alai).pull(), new_holdings(alai).pull()
    first.cursor = second.cursor
    assert first.pull().resets == 2


def test_sync_4_a_cursor_older_than_90_days_resets(
    alai: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = new_holdings(alai).pull()
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=89))
    assert held.pull_page()["reset"] is False
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=89 + 91))
    assert held.pull_page()["reset"] is True


def test_sync_4_a_cursor_from_the_future_resets(
    alai: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = new_holdings(alai).pull()
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(hours=1))
    assert held.pull_page()["reset"] is True


def test_sync_4_a_database_put_back_to_an_earlier_state_resets(alai: Place) -> None:
    add_entity("one", alai)
    held = new_holdings(alai).pull()
    EntityList.objects.update(revision=0)
    assert held.pull().resets == 2


def test_sync_4_a_cursor_ahead_of_all_transactions_resets() -> None:
    """The database was put back, and its lists have caught up since."""
    held = new_holdings().pull()
    cursor = read_cursor(held.cursor, cursor_key())
    assert cursor is not None
    ahead = replace(cursor, steps=StepsMark(2**60))
    held.cursor = write_cursor(ahead, cursor_key())
    assert held.pull_page()["reset"] is True


def test_sync_4_changed_places_reset(alai: Place, kara_suu: Place) -> None:
    add_entity("one", alai)
    add_entity("two", kara_suu)
    held = new_holdings(alai).pull()
    Device.objects.get().places.set([kara_suu])
    forget_callers()
    assert held.pull().labels == {"two"}
    assert held.resets == 2


def test_sync_4_changed_rounds_reset() -> None:
    held = new_holdings().pull()
    survey = Survey.objects.create(code="rmp", name="RMP")
    ours = Round.objects.create(survey=survey, code="ours", name="Ours")
    Assignment.objects.create(device=Device.objects.get(), round=ours)
    assert held.pull().resets == 2


def test_a_tablet_whose_places_are_gone_sees_no_household(alai: Place) -> None:
    add_entity("one")
    held = new_holdings(alai)
    Place.objects.filter(pk=alai.pk).update(path="KG/elsewhere")
    held.tablet.pull()  # remembers the tablet with its place
    Place.objects.filter(pk=alai.pk).update(path="KG/moved on")
    assert held.pull().labels == set()


def test_sync_4_small_pages_give_the_same_as_one(alai: Place) -> None:
    for at in range(7):
        add_entity(str(at), alai)
    paged, whole = new_holdings(alai).pull(limit=2), new_holdings(alai).pull()
    assert paged.rows == whole.rows
    assert (paged.resets, whole.resets) == (1, 1)


def test_sync_4_a_page_taken_twice_changes_nothing(alai: Place) -> None:
    entities = [add_entity(str(at), alai) for at in range(3)]
    held = new_holdings(alai).pull()
    delete_entity(entities[0])
    change_entity(entities[1], label="new")
    before = held.cursor
    held.pull_page()
    after = dict(held.households)
    held.cursor = before
    held.pull_page()
    assert held.households == after


def test_sync_4_what_changes_between_two_pages_is_told_in_the_end(
    alai: Place, kara_suu: Place
) -> None:
    entities = [add_entity(str(at), alai) for at in range(6)]
    held = new_holdings(alai)
    held.pull_page(limit=2)
    for entity in entities[:2]:
        change_entity(entity, label=f"{entity.label} later")
    change_entity(entities[2], place=kara_suu)
    delete_entity(entities[3])
    add_entity("new", alai)

    held.pull(limit=2)

    assert held.labels == {"0 later", "1 later", "4", "5", "new"}
    assert held.resets == 1


def test_sync_4_a_page_holds_at_most_256_kb_compressed(alai: Place) -> None:
    random = Random(1)
    for at in range(12):
        add_entity(str(at), alai, hh_size=random.randbytes(30_000).hex())  # packs to half
    big = add_entity("big", alai, hh_size=random.randbytes(300_000).hex())
    tablet = new_tablet(alai)
    sizes, rows, cursor, more = [], [], "", True

    while more:
        answer = tablet.get("pull", cursor=cursor, headers={"Accept-Encoding": "gzip"})
        page = json.loads(gzip.decompress(answer.content))
        cursor, more = page["cursor"], page["more"]
        here = [row["uuid"] for row in page["entities"][0]["upserts"]]
        rows += here
        if here != [str(big.pk)]:  # one that is larger than a page has a page of its own
            sizes.append(len(answer.content))

    assert len(rows) == len(set(rows)) == 13
    assert max(sizes) <= 256 * 1024
    assert len(sizes) < 9  # by where the large one lies among the others


@pytest.mark.parametrize("accepted", ["br", "gzip, deflate, br;q=0.9", "gzip", "identity", ""])
def test_a_page_is_packed_as_the_tablet_takes_it(accepted: str, alai: Place) -> None:
    add_entity("Ҷӯраев", alai)
    answer = new_tablet(alai).get("pull", headers={"Accept-Encoding": accepted})
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    page = json.loads(unpack[answer.get("Content-Encoding")](answer.content))
    assert page["entities"][0]["upserts"][0]["label"] == "Ҷӯраев"
    assert answer.get("Content-Encoding", "identity") == (
        "br" if "br" in accepted else accepted or "identity"
    )


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "٣"])
def test_a_limit_that_is_none_is_told(limit: str) -> None:
    answer = new_tablet().get("pull", limit=limit)
    assert (answer.status_code, answer.json()["code"]) == (400, "value_invalid")


def test_a_huge_limit_is_no_error() -> None:
    assert new_tablet().pull(limit="9" * 30)["more"] is False


def test_sync_4_a_revoked_tablet_pulls_nothing() -> None:
    tablet = new_tablet()
    revoke_device(device=Device.objects.get())
    forget_callers()
    assert tablet.get("pull").status_code == 403


def test_a_person_does_not_pull(as_alice: Client) -> None:
    assert as_alice.get("/api/v1/sync/pull").status_code == 401


def test_a_pull_asks_the_database_a_fixed_number_of_times(alai: Place) -> None:
    entities = [add_entity(str(at), alai) for at in range(40)]
    held = new_holdings(alai)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            held.pull()
        return len(asked)

    queries()
    assert queries() <= 6  # nothing new
    for entity in entities[:2]:
        change_entity(entity)
    few = queries()
    for entity in entities:
        change_entity(entity)
    assert queries() == few


def truth(*places: Place) -> dict[str, tuple[str, int, dict[str, str]]]:
    """What a tablet of these places must hold, by the rows alone."""
    entities = Entity.objects.filter(deleted_at=None, redirect_to=None).select_related("place")
    return {
        str(e.pk): (e.label, e.version, e.data)
        for e in entities
        if not places
        or (e.place and any(f"{e.place.path}/".startswith(f"{p.path}/") for p in places))
    }


class World:
    """Households that are born, change, move, vanish and return, at random."""

    def __init__(self, seed: int, places: list[Place | None]) -> None:
        self.random = Random(seed)
        self.places = places
        self.entities: list[Entity] = []

    def live_on(self) -> None:
        acts = [self.add, self.add, self.change, self.move, self.delete, self.restore, self.merge]
        self.random.choice(acts)()

    def any(self) -> Entity | None:
        return self.random.choice(self.entities) if self.entities else None

    def add(self) -> None:
        label = f"{self.random.randint(0, 999)} Ҷӯраев"
        self.entities.append(add_entity(label, self.random.choice(self.places), hh_size="1"))

    def change(self) -> None:
        if entity := self.any():
            change_entity(entity, data={"hh_size": str(self.random.randint(1, 9))})

    def move(self) -> None:
        if entity := self.any():
            change_entity(entity, place=self.random.choice(self.places))

    def delete(self) -> None:
        if entity := self.any():
            delete_entity(entity)

    def restore(self) -> None:
        if entity := self.any():
            restore_entity(entity)

    def merge(self) -> None:
        entity, other = self.any(), self.any()
        if entity and other and entity.pk != other.pk:
            change_entity(entity, redirect_to=other)


@pytest.mark.parametrize("seed", range(8))
def test_sync_4_changes_add_up_to_what_a_fresh_start_gives(
    seed: int, alai: Place, gulcho: Place, kara_suu: Place
) -> None:
    """The property that all else here is for, with pages of one to four changes."""
    world = World(seed, [alai, gulcho, kara_suu, None])
    seen_by = [(alai,), (kara_suu,), (gulcho, kara_suu), ()]
    tablets = [(places, new_holdings(*places)) for places in seen_by]
    for _ in range(60):
        world.live_on()
        for _, held in tablets:
            if world.random.random() < 0.3:
                held.pull_page(limit=world.random.randint(1, 4))
    for places, held in tablets:
        held.pull(limit=3)
        fresh = Holdings(held.tablet).pull()
        held_rows = {
            uuid: (row["label"], row["version"], row["properties"])
            for uuid, row in held.households.items()
        }
        assert held_rows == truth(*places)
        csv = entity_csv("households", Communities(frozenset(p.path for p in places))).decode()
        assert {line[:36] for line in csv.splitlines()[1:]} == held_rows.keys()
        assert held.households == fresh.households
        assert held.resets == 1
