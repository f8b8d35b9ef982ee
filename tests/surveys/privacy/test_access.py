"""The one place that decides who sees what."""

import pytest
from django.contrib.auth.models import AnonymousUser

from backend.accounts.models import User
from backend.problems import Problem
from surveys.places.models import Place
from surveys.privacy.access import masked_keys, places_for, reader, unmask
from surveys.xforms.schema import Field
from tests.conftest import make_user

OPEN, QUASI, DIRECT, SENSITIVE = (
    Field(name, name, name, "string", "", privacy=name)
    for name in ("open", "quasi", "direct", "sensitive")
)
LEGAL = Field("legal", "legal", "legal", "string", "", privacy="open", restricted=True)
ALL = (OPEN, QUASI, DIRECT, SENSITIVE, LEGAL)


def test_direct_sensitive_and_restricted_answers_are_masked_even_for_admins(root: User) -> None:
    assert masked_keys(root, ALL) == {"direct", "sensitive", "legal"}


def test_reason_opens_all_but_what_only_named_people_see(root: User, alice: User) -> None:
    for user, still in ((root, {"legal"}), (alice, set())):
        granted = unmask(user=user, reason="a complaint of the family", target="visit")
        assert masked_keys(user, ALL, granted=granted) == still


@pytest.mark.parametrize("reason", ["", "because", " " * 20, "x" * 9 + "  "])
def test_reason_must_say_something(alice: User, reason: str) -> None:
    with pytest.raises(Problem) as refused:
        unmask(user=alice, reason=reason, target="visit")
    assert refused.value.code == "purpose_missing"


def test_strangers_and_enumerators_and_closed_accounts_read_nothing(charlie: User) -> None:
    closed = make_user("closed", User.Role.ADMIN, is_active=False)
    for user in (AnonymousUser(), charlie, closed):
        with pytest.raises(Problem, match="not_allowed"):
            reader(user)


def test_place_that_is_unknown_opens_nothing(db: None) -> None:
    Place.objects.create(code="KG04", level=1, path="KG/KG04", name_en="Naryn")
    user = make_user("erlan", User.Role.SUPERVISOR, place_codes=["nowhere"])
    places = places_for(user)
    assert places is not None
    assert list(places) == []


def test_place_does_not_open_another_whose_code_begins_alike(db: None) -> None:
    for code in ("KG04", "KG04A"):
        Place.objects.create(code=code, level=1, path=f"KG/{code}", name_en=code)
    user = make_user("erlan", User.Role.SUPERVISOR, place_codes=["KG04"])
    places = places_for(user)
    assert places is not None
    assert [place.code for place in places] == ["KG04"]
