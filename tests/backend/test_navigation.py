"""The navigation: what each role may open, and where one is."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
NAV = re.compile(r"<nav aria-label=\"Main\">.*?</nav>", re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>')


def links(client: Client, path: str) -> dict[str, str]:
    """Address → the value of aria-current."""
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    found = NAV.search(answer.content.decode())
    assert found
    return dict(LINK.findall(found[0]))


def test_every_link_that_a_role_is_offered_opens(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_dilnoza: Client
) -> None:
    for client, most in ((as_alice, 11), (as_bob, 7), (as_charlie, 1), (as_dilnoza, 11)):
        offered = links(client, "/")
        assert len(offered) == most
        for address in offered:
            assert client.get(address, headers={"accept": "text/html"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "address", "current"),
    [
        ("/", "/", "page"),
        ("/review/", "/review/", "page"),
        ("/conflicts/", "/review/", "true"),
        ("/quality/flags/", "/quality/", "true"),
        ("/queries/", "/exports/", "true"),
        ("/links/brakes/", "/links/", "true"),
    ],
)
def test_section_of_the_page_is_marked_and_no_other(
    as_alice: Client, path: str, address: str, current: str
) -> None:
    marked = {link: mark for link, mark in links(as_alice, path).items() if mark}
    assert marked == {address: current}


def test_page_of_no_section_marks_none(as_alice: Client) -> None:
    assert set(links(as_alice, "/account/").values()) == {""}
