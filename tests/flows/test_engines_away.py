"""The database or the broker goes away under a running server, and comes back.

With the engines' addresses in the environment `manage.py up` does not bring them back by itself.
"""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.engines import OwnEngines, throw_away_folder
from tests.live import LiveServer

PAGES = ["/login/", "/", "/admin/", "/records/rmp_registration/"]
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def engines() -> Iterator[OwnEngines]:
    own = OwnEngines(throw_away_folder())
    yield own
    own.remove()


@pytest.fixture(scope="module")
def server(engines: OwnEngines) -> Iterator[LiveServer]:
    addresses = {name: engines.env[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with LiveServer(addresses) as live:
        yield live


@pytest.fixture
def browser(server: LiveServer) -> Iterator[requests.Session]:
    """Somebody logged in, as a manager."""
    with requests.Session() as session:
        login = f"{server.url}/login/"
        form = session.get(login)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token
        manager = next(one for one in server.demo["accounts"] if one["role"] == "manager")
        answer = session.post(
            login,
            data={
                "username": manager["username"],
                "password": manager["password"],
                "csrfmiddlewaretoken": token[1],
            },
        )
        assert answer.ok
        assert answer.url == f"{server.url}/"
        yield session


@pytest.fixture
def without_database(engines: OwnEngines, browser: requests.Session) -> Iterator[None]:
    engines.stop("postgres")
    yield
    engines.start()


@pytest.fixture
def without_broker(engines: OwnEngines, browser: requests.Session) -> Iterator[None]:
    engines.stop("redis")
    yield
    engines.start()


def refusal(instance: bytes = b"00000000-0000-4000-8000-000000000000") -> bytes:
    """The shortest record that the registration takes: somebody who did not want to be asked."""
    return (
        b'<data xmlns:orx="http://openrosa.org/xforms" id="rmp_registration" version="2014050101">'
        b"<consent>no</consent><orx:meta><orx:instanceID>uuid:%s</orx:instanceID></orx:meta></data>"
    ) % instance


@pytest.mark.usefixtures("without_database")
def test_every_page_and_program_is_told_to_come_back(server, browser):
    token = {"Authorization": f"Bearer {server.demo['analyst_token']}"}
    device = server.demo["devices"][0]["server_url"]
    answers = [
        *(browser.get(server.url + path, headers=BROWSER) for path in PAGES),
        requests.get(f"{server.url}/api/v1/forms/", headers=token),
        requests.get(f"{device}/formList"),
        requests.post(f"{device}/submission", files={"xml_submission_file": refusal()}),
        requests.get(f"{server.url}/health/ready"),
    ]

    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert all("text/html" in page.headers["Content-Type"] for page in answers[: len(PAGES)])
    assert answers[-1].json()["database"] == "away"


@pytest.mark.usefixtures("without_database")
def test_the_server_itself_lives_on(server):
    assert requests.get(f"{server.url}/health/live").status_code == 200


def test_the_next_request_after_the_database_is_back_works(server, browser, engines):
    engines.stop("postgres")
    assert browser.get(server.url, headers=BROWSER).status_code == 503

    engines.start()

    answers = [browser.get(server.url, headers=BROWSER) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 8
    assert requests.get(f"{server.url}/health/ready").status_code == 200


@pytest.mark.usefixtures("without_broker")
def test_without_a_broker_records_are_still_taken(server, browser):
    device = server.demo["devices"][0]["server_url"]
    record = refusal(b"11111111-2222-4333-8444-555555555555")

    sent = requests.post(f"{device}/submission", files={"xml_submission_file": record})

    assert sent.status_code == 201, sent.text
    assert browser.get(server.url, headers=BROWSER).status_code == 200
    ready = requests.get(f"{server.url}/health/ready")
    assert ready.status_code == 503
    assert (ready.json()["broker"], ready.json()["database"]) == ("away", "ok")
