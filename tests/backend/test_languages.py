"""Which language a page speaks, and that programs are always spoken to in English."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format, get_format, number_format

from backend.accounts.models import User


def lang_of(client: Client, path: str = "/login/", **headers: str) -> str:
    answer = client.get(path, HTTP_ACCEPT="text/html", **headers)
    return answer.content.decode().partition('<html lang="')[2].partition('"')[0]


def choose(client: Client, language: str, page: str = "/login/") -> str:
    answer = client.post("/language/", {"language": language, "next": page})
    assert answer.status_code == 302
    return answer["Location"]


@pytest.mark.parametrize("language", ["en", "ru", "ky", "tg"])
@pytest.mark.django_db
def test_without_a_choice_the_browser_is_asked(client: Client, language: str):
    assert lang_of(client, HTTP_ACCEPT_LANGUAGE=f"{language}, de;q=0.5") == language


@pytest.mark.django_db
def test_a_browser_of_another_language_gets_english(client: Client):
    assert lang_of(client, HTTP_ACCEPT_LANGUAGE="de") == "en"


@pytest.mark.django_db
def test_who_is_not_logged_in_may_choose_too(client: Client):
    assert choose(client, "tg") == "/login/"
    assert lang_of(client, HTTP_ACCEPT_LANGUAGE="ru") == "tg"


def test_the_choice_follows_the_person_to_another_browser(as_bob: Client, bob: User):
    choose(as_bob, "ky", "/")
    elsewhere = Client()
    elsewhere.force_login(bob)
    assert lang_of(elsewhere, "/", HTTP_ACCEPT_LANGUAGE="ru") == "ky"


def test_the_choice_of_one_person_is_not_that_of_the_next_in_the_same_process(
    as_bob: Client, as_alice: Client
):
    choose(as_bob, "ky", "/")
    assert lang_of(as_bob, "/") == "ky"
    assert lang_of(as_alice, "/") == "en"


@pytest.mark.django_db
def test_a_choice_never_leads_to_another_server(client: Client):
    assert choose(client, "ru", "https://elsewhere.example/") == "/"


def test_a_language_we_do_not_speak_changes_nothing(as_bob: Client, bob: User):
    choose(as_bob, "xx", "/")
    bob.refresh_from_db()
    assert bob.language == ""
    assert lang_of(as_bob, "/") == "en"


def test_programs_are_spoken_to_in_english(as_bob: Client):
    choose(as_bob, "ru", "/")
    answer = as_bob.get("/api/v1/nothing-of-that-name/", HTTP_ACCEPT_LANGUAGE="ru")
    assert answer.json()["title"] == "Not found"


@pytest.mark.parametrize("language", ["ru", "ky", "tg"])
def test_dates_and_numbers_are_written_as_in_the_language(language: str):
    with translation.override(language):
        assert date_format(date(2015, 3, 31), "SHORT_DATE_FORMAT") == "31.03.2015"
        assert number_format(1234567.5, 1, force_grouping=True) == "1\xa0234\xa0567,5"
        assert get_format("FIRST_DAY_OF_WEEK") == 1


def test_the_languages_are_those_of_the_programme():
    assert [code for code, _name in settings.LANGUAGES] == ["en", "ru", "ky", "tg"]


@pytest.mark.parametrize("language", ["en", "ru", "ky", "tg"])
@pytest.mark.django_db
def test_every_language_is_offered_by_its_own_name(client: Client, language: str):
    page = client.get("/login/", HTTP_ACCEPT_LANGUAGE=language).content.decode()
    for name in ("English", "Русский", "Кыргызча", "Тоҷикӣ"):
        assert f">{name}</button>" in page
