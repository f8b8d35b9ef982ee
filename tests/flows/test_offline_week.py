"""A week in the field: what tablets do to a server, and what is to be seen of it afterwards."""

import pytest

from tests.live import LiveServer

WEEK = ("--households", "12", "--seed", "77")


@pytest.fixture(scope="module")
def words(live: LiveServer) -> str:
    """What the simulation says of the week, once the worker is done."""
    said = play(live)
    live.drain()
    return said


def play(server: LiveServer) -> str:
    """Exits with an error, and so fails the test, at the first answer it does not expect."""
    tokens = [word for token in server.tokens for word in ("--token", token)]
    return server.manage("simulate_tablets", *WEEK, "--url", server.url, *tokens)


def test_every_record_is_taken_and_a_repeated_one_is_known(words):
    assert "202  the same again" in words
    assert "201  registration in parts" in words
    assert "201  an edit" in words
    assert "201  service" in words
    assert "201  followup" in words


def test_two_spellings_of_a_card_are_one_household(live, words):
    rows = live.query(
        "SELECT count(DISTINCT household_id), count(*) FROM households_membership"
        " WHERE registers AND card LIKE 'KG-%%-77%%' OR registers AND card LIKE 'TJ-%%-77%%'"
    )
    households, records = rows[0]

    assert records == households + 2


def test_an_edited_record_keeps_both_editions_and_shows_the_later(live, words):
    rows = live.query(
        "SELECT o.head, e.head, o.record_id = e.record_id FROM submissions_submission e"
        " JOIN submissions_submission o ON o.instance_id = e.deprecated_id"
    )

    assert set(rows) == {(False, True, True)}


def test_services_and_follow_ups_stand_with_the_registered_household(live, words):
    rows = live.query("SELECT DISTINCT m.basis FROM households_membership m WHERE NOT m.registers")

    assert rows == [("entity",)]


def test_the_same_week_again_adds_nothing(live, words):
    before = live.query("SELECT count(*) FROM submissions_submission")

    again = play(live)

    assert " 201 " not in again
    assert live.query("SELECT count(*) FROM submissions_submission") == before
