"""A person says whether a family is vulnerable: counted from the next run on, until revoked."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.households.models import Household
from surveys.indicators.compute import compute_indicators
from surveys.indicators.models import VulnerableOverride
from tests.surveys.indicators.season import ALAI, ASHT, Season

API = "/api/v1/indicators/overrides/"
WHY = "Visited twice: no income at all"


@pytest.fixture
def season(db: None) -> Season:
    return Season()


def override(client: Client, home: uuid.UUID, expect: int = 201, **said: Any) -> Any:
    asked = {"household": str(home), "vulnerable": True, "reason": WHY, **said}
    answer = client.post(API, asked, content_type="application/json")
    assert answer.status_code == expect, answer.content
    return answer.json()


def counted() -> tuple[float, float]:
    """Families of O3.1, and those outside the target."""
    tables = compute_indicators().results.get(code="O3.1").tables
    return tuple(row[2] for row in tables[""])  # type: ignore[return-value]


def test_family_counts_as_a_person_says_until_that_is_revoked(
    as_alice: Client, season: Season
) -> None:
    home = season.family(vulnerable="no")
    season.service(home)
    assert counted() == (0, 1)

    made = override(as_alice, home)
    assert counted() == (1, 0)

    url = f"{API}{made['id']}/revoke/"
    answer = as_alice.post(
        url, {"reason": "It was another family"}, content_type="application/json"
    )
    assert answer.status_code == 204
    assert counted() == (0, 1)
    (told,) = as_alice.get(API).json()["results"]
    assert (told["revoked_by"], told["revoked_why"]) == ("alice", "It was another family")
    actions = AuditEvent.objects.filter(action__startswith="indicators.override")
    assert {each.action for each in actions} == {
        "indicators.override_made",
        "indicators.override_revoked",
    }
    assert WHY not in str(list(actions.values_list("details", flat=True)))


def test_person_may_also_say_that_a_family_is_not_vulnerable(
    as_alice: Client, season: Season
) -> None:
    home = season.family()
    season.service(home)

    override(as_alice, home, vulnerable=False)

    assert counted() == (0, 1)


def test_override_follows_a_family_that_is_merged(as_alice: Client, season: Season) -> None:
    home, other = season.family(vulnerable="no"), season.family(vulnerable="no")
    season.service(home)
    override(as_alice, other)
    Household.objects.filter(pk=other).update(redirect_to=home)

    assert counted() == (1, 0)
    assert override(as_alice, other, vulnerable=False)["household"] == str(home)
    assert counted() == (0, 1)  # the newer word


def test_second_override_of_a_family_is_refused(as_alice: Client, season: Season) -> None:
    home = season.family()
    override(as_alice, home)

    assert override(as_alice, home, 409, vulnerable=False)["code"] == "override_stands"
    assert VulnerableOverride.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"reason": "too short"}, 400, "purpose_missing"),
        ({"household": str(uuid.uuid4())}, 404, "not_found"),
        ({"household": "no number"}, 400, "request_malformed"),
        ({"vulnerable": "perhaps"}, 400, "request_malformed"),
    ],
)
def test_override_that_says_too_little_is_refused(
    as_alice: Client, season: Season, said: dict[str, Any], status: int, code: str
) -> None:
    told = override(as_alice, season.family(), status, **said)

    assert told["code"] == code
    assert not VulnerableOverride.objects.exists()


def test_only_who_keeps_the_numbers_overrides_and_in_their_places_only(
    as_bob: Client, as_dilnoza: Client, as_alice: Client, alice: User, season: Season
) -> None:
    home = season.family(ASHT)
    for client in (as_bob, as_dilnoza):
        override(client, home, 403)
        assert client.get("/indicators/overrides/").status_code == 403
    made = override(as_alice, home)
    alice.place_codes = [ALAI]
    alice.save()

    override(as_alice, home, 404)
    assert as_alice.get(API).json()["results"] == []
    gone = as_alice.post(
        f"{API}{made['id']}/revoke/", {"reason": WHY}, content_type="application/json"
    )
    assert gone.status_code == 404


def test_page_leads_from_a_family_left_out_to_its_override(
    as_alice: Client, season: Season
) -> None:
    home = season.family(vulnerable="no")
    season.service(home)
    compute_indicators()
    left_out = as_alice.get("/indicators/O3.1/households/?status=dropped").content.decode()
    (link,) = re.findall(r'href="(/indicators/overrides/\?[^"]+)"', left_out)
    assert f'value="{home}"' in as_alice.get(link.replace("&amp;", "&")).content.decode()

    asked = {"household": str(home), "vulnerable": "yes", "reason": WHY}
    assert as_alice.post("/indicators/overrides/", asked).status_code == 302
    assert counted() == (1, 0)
    page = as_alice.get("/indicators/overrides/").content.decode()
    assert WHY in page
    (revoke,) = re.findall(r'action="(/indicators/overrides/\d+/revoke/)"', page)
    assert as_alice.post(revoke, {"reason": "A mistake of mine"}).status_code == 302
    assert counted() == (0, 1)


def test_refused_override_keeps_what_was_typed(as_alice: Client, season: Season) -> None:
    asked = {"household": "no number", "vulnerable": "no", "reason": WHY}

    answer = as_alice.post("/indicators/overrides/", asked)

    assert answer.status_code == 404
    assert f'value="{WHY}"' in answer.content.decode()
