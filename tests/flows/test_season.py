"""A season in the field, small: what tablets believe at its end is what the server holds."""

import re

import pytest

from tests.live import LiveServer

SEASON = ("--tablets", "6", "--days", "5", "--link", "flaky", "--seed", "77")


@pytest.fixture(scope="module")
def words(live: LiveServer) -> str:
    """What the simulation says; it ends with an error, and so does the test, at a difference."""
    return live.manage("simulate_tablets", *SEASON, "--url", live.url)


def test_tablets_and_server_agree_about_everything(words):
    assert "\n0 differences" in words


def test_the_season_had_what_goes_wrong_in_the_field(words):
    breaks = [int(count) for count in re.findall(r"(\d+) +(?:openrosa|json)\n", words)]

    assert len(breaks) == 2
    assert all(breaks)
    assert "no answer" in words
    for what in ("a tablet revoked", "a token rotated", "a tablet moved", "a new version"):
        assert what in words


def test_services_and_follow_ups_stand_with_the_registered_household(live, words):
    rows = live.query("SELECT DISTINCT m.basis FROM households_membership m WHERE NOT m.registers")

    assert rows == [("entity",)]


def test_an_edited_record_keeps_both_editions_and_shows_the_later(live, words):
    rows = live.query(
        "SELECT o.head, e.head, o.record_id = e.record_id FROM submissions_submission e"
        " JOIN submissions_submission o ON o.instance_id = e.deprecated_id"
    )

    assert set(rows) <= {(False, True, True), (False, False, True)}
