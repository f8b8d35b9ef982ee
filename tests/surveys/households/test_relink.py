"""A full re-link by the batch path: a plan, then published; twice the same changes nothing."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.accounts.models import User
from surveys.households.decide import decide_pair
from surveys.households.models import CandidateLink, Household, LinkDecision, LinkModel
from surveys.households.published import current_model, publish_model, shipped_model
from surveys.households.relink import plan_relink, publish_relink
from surveys.linkage.model import ModelError
from tests.surveys.household_forms import FAMILY, drain, publish
from tests.surveys.households.families import (
    ASANOVS,
    ASANOVS_AGAIN,
    BROTHERS,
    STRANGERS,
    family_arrives,
    home_of,
    households,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(FAMILY)


@pytest.fixture
def village() -> None:
    for n, lines in enumerate((ASANOVS, BROTHERS, ASANOVS_AGAIN, STRANGERS, BROTHERS)):
        family_arrives(f"uuid:{n}", lines)
    drain()


def state() -> tuple[object, ...]:
    return (
        households(),
        list(LinkDecision.objects.order_by("pk").values()),
        list(Household.objects.order_by("pk").values()),
        list(CandidateLink.objects.order_by("pk").values()),
    )


@pytest.mark.usefixtures("village")
def test_batch_path_finds_what_one_record_at_a_time_found_and_publishing_changes_nothing() -> None:
    before = state()
    plan = plan_relink(workers=0)
    assert (plan.records, plan.households) == (5, (3, 3))
    assert (plan.merges_added, plan.merges_lost, plan.reviews_added) == ((), (), ())
    publish_relink(plan=plan)
    assert state() == before


@pytest.mark.usefixtures("village")
def test_plan_shows_what_the_rule_would_add_and_lose_and_publishing_does_it_once(
    alice: User,
) -> None:
    whole = households()
    merger = LinkDecision.objects.filter(verdict="same").first()
    assert merger is not None
    LinkDecision.objects.create(  # as an earlier model would have left it
        a=merger.a, b=merger.b, verdict="withdrawn", source="rule", revokes=merger
    )
    strangers = sorted(Household.objects.order_by("created_at").values_list("founder", flat=True))
    lost = next((a, b) for a in strangers for b in strangers if a < b and home_of(a) != home_of(b))
    LinkDecision.objects.create(a=lost[0], b=lost[1], verdict="same", source="rule", model="old")

    out = io.StringIO()
    call_command("relink", "--pairs", "--workers", "0", stdout=out)
    assert "merges added: 1\n" in out.getvalue()
    assert "merges lost: 1\n" in out.getvalue()
    assert f"{lost[0]} {lost[1]}" in out.getvalue()
    call_command("relink", "--publish", "--workers", "0", stdout=out)

    assert households() == whole
    published = state()
    call_command("relink", "--publish", "--workers", "0", stdout=out)
    assert state() == published


@pytest.mark.usefixtures("village")
def test_what_persons_decided_stands_through_a_relink(alice: User) -> None:
    merger = LinkDecision.objects.filter(verdict="same").first()
    assert merger is not None
    decide_pair(a=merger.a, b=merger.b, verdict="different", by=alice, reason="two families")
    apart = households()
    publish_relink(plan=plan_relink(workers=0), by=alice)
    assert households() == apart


def test_record_linked_while_a_plan_was_made_keeps_its_decisions() -> None:
    family_arrives("uuid:1", ASANOVS)
    drain()
    plan = plan_relink(workers=0)
    family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    publish_relink(plan=plan)
    assert households() == {frozenset({"uuid:1", "uuid:2"})}


def test_model_that_ships_is_published_on_first_use_and_kept_byte_for_byte() -> None:
    model = current_model()
    row = LinkModel.objects.get()
    assert (row.version, bytes(row.json)) == (model.version, shipped_model())
    assert (row.auto_bits, row.review_bits) == (model.auto, model.review)
    publish_model(shipped_model())
    assert LinkModel.objects.count() == 1


@pytest.mark.parametrize("raw", [b"", b"{", shipped_model()[:-40], b'{"version": 1}', b"\xff\xfe"])
def test_model_file_cut_short_is_refused_and_links_nobody(raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        publish_model(raw)
    assert not LinkModel.objects.exists()
    (tmp_path / "model.json").write_bytes(raw)
    with pytest.raises(CommandError):
        call_command("relink", "--model", tmp_path / "model.json", "--publish")


def test_training_without_enough_decisions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="pairs are labelled"):
        call_command("train_linkage", "2", tmp_path / "model.json")
    assert not (tmp_path / "model.json").exists()
