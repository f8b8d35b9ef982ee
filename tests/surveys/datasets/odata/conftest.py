"""Readers with a token, and a feed to read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record, publish

SVC = "/v1/projects/1/forms/visit.svc"
Get = Callable[..., dict[str, Any]]


def with_token(user: User) -> Client:
    """A client as a tool is: a token, no session."""
    token = make_personal_token(user=user, name="a tool")
    return Client(headers={"Authorization": f"Bearer {token}"})


def read(client: Client, path: str = "Submissions", **query: Any) -> dict[str, Any]:
    """The answer to `$`-options given without their `$`."""
    response = client.get(f"{SVC}/{path}", options(query))
    assert response.status_code == 200, response.content
    return response.json() if hasattr(response, "json") else {}


def options(query: dict[str, Any]) -> dict[str, Any]:
    return {n if n in {"flat", "labels"} else f"${n}": v for n, v in query.items()}


def refused(client: Client, status: int, path: str = "Submissions", **query: Any) -> str:
    """The code of the error that an answer is."""
    response = client.get(f"{SVC}/{path}", options(query))
    assert response.status_code == status, response.content
    said = response.json()
    assert said["code"] == said["error"]["code"]
    assert said["message"] == said["error"]["message"] == said["detail"]
    return said["code"]


@pytest.fixture
def bob_reads(bob: User) -> Client:
    return with_token(bob)


@pytest.fixture
def alice_reads(alice: User) -> Client:
    return with_token(alice)


@pytest.fixture
def families(db: None) -> Form:
    """Three families: a of KG with all answers, b of TJ with some, c with none."""
    form = publish()
    make_record(
        form,
        {
            "country": "KG",
            "village": "Өзгөн",
            "head": "Асанова",
            "hh_size": 5,
            "income": 120.5,
            "needs": ["work", "seeds"],
            "day": "2014-02-28",
            "end": "2014-06-01T08:30:15.250+00:00",
            "has_land": True,
            "gps": {"lat": 40.77, "lon": 73.3, "alt": 1000.5, "acc": 4.0},
            "place": "O'Hara's",
        },
        members=[{"age": 41}, {"age": 7, "first_name": "Айгүл"}],
        review_state="has_issues",
    )
    make_record(
        form,
        {
            "country": "TJ",
            "village": "Чайҳо 100%_",
            "hh_size": 3,
            "needs": ["school"],
            "day": "2015-12-31",
            "has_land": False,
        },
        members=[{"age": 20}],
        minutes=1,
        review_state="approved",
    )
    make_record(form, {}, members=[{}], minutes=2)
    return form
