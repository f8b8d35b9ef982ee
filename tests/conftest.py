"""People with rights, and an empty cache, for every test."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, settings

from backend.accounts.models import User
from surveys.entities.publish import forget_places
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import process_waiting
from tests.live import LiveServer

PASSWORD = "a long enough password"

# On a busy machine an example may take long: that is no finding.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long stories first, so that a parallel run does not end with one of them alone."""
    items.sort(key=lambda item: "/flows/" not in item.nodeid)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()
    forget_places()


def make_user(username: str, role: User.Role, **fields: object) -> User:
    return User.objects.create_user(
        username=username,
        password=PASSWORD,
        role=role,
        **fields,
    )


@pytest.fixture
def alice(db: None) -> User:
    """Manages the survey everywhere and is named to see legal aid."""
    return make_user("alice", User.Role.MANAGER, sees_legal_aid=True)


@pytest.fixture
def bob(db: None) -> User:
    """Analyses it; sees no personal data."""
    return make_user("bob", User.Role.ANALYST)


@pytest.fixture
def charlie(db: None) -> User:
    """Asks the questions; reads nothing back."""
    return make_user("charlie", User.Role.ENUMERATOR)


@pytest.fixture
def dilnoza(db: None) -> User:
    """Supervises one oblast of Kyrgyzstan and sees nothing of the others."""
    return make_user("dilnoza", User.Role.SUPERVISOR, place_codes=["KG06000000000"])


@pytest.fixture
def root(db: None) -> User:
    """May do everything."""
    return make_user("root", User.Role.ADMIN)


def _client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return _client_of(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return _client_of(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return _client_of(charlie)


@pytest.fixture
def as_dilnoza(dilnoza: User) -> Client:
    return _client_of(dilnoza)


@pytest.fixture
def as_root(root: User) -> Client:
    return _client_of(root)


@pytest.fixture
def drain(db: None) -> Callable[[], int]:
    """Processes and links until nothing waits; gives how many submissions that were."""

    def work() -> int:
        total = 0
        while took := process_waiting():
            total += took
        while link_waiting():
            pass
        return total

    return work


@pytest.fixture(scope="session")
def live() -> Iterator[LiveServer]:
    """A whole server, worker and all, for stories that harm nobody; shared, so leave it running."""
    with LiveServer() as server:
        yield server
