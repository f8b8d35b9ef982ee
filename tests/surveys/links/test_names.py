"""A place is named in the language of the reader, on whatever page it stands."""

import pytest
from django.test import Client

from backend.accounts.models import User
from surveys.households.models import CandidateLink
from surveys.places.models import Place
from tests.surveys.links.families import home

PAGE = {"headers": {"accept": "text/html"}}
NAMES = {"en": "Alay district", "ru": "Алайский район", "ky": "Алай району", "tg": "Алай району"}


@pytest.fixture
def named(alai: Place) -> Place:
    alai.name_en, alai.name_ru, alai.name_local = NAMES["en"], NAMES["ru"], NAMES["ky"]
    alai.save()
    return alai


@pytest.mark.parametrize("language", list(NAMES))
def test_pages_name_a_place_in_the_language_of_the_reader(
    as_alice: Client, alice: User, link: CandidateLink, named: Place, language: str
) -> None:
    alice.language = language
    alice.save()
    addresses = ("/links/", f"/links/{link.pk}/", f"/households/{home(link.a)}/", "/review/",
                 "/records/registration/", f"/records/registration/{link.a}/")  # fmt: skip
    for address in addresses:
        shown = as_alice.get(address, **PAGE).content.decode()
        found = {name for name in NAMES.values() if name in shown}
        assert found == {NAMES[language]}, address


def test_place_without_a_name_in_that_language_is_named_in_english(
    as_alice: Client, alice: User, link: CandidateLink, named: Place
) -> None:
    Place.objects.filter(pk=named.pk).update(name_local="")
    alice.language = "tg"
    alice.save()

    for address in ("/review/", "/records/registration/", f"/links/{link.pk}/"):
        assert NAMES["en"] in as_alice.get(address, **PAGE).content.decode(), address
