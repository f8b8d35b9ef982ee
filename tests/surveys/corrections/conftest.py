"""A registration with an income, and a supervisor who sees it."""

import pytest
from django.test import Client

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from tests.conftest import _client_of as client_of
from tests.conftest import make_user
from tests.surveys.corrections.interviews import INCOME, register, rows_of, with_income


@pytest.fixture
def record(db: None) -> CleanRow:
    return register(with_income())[0]


@pytest.fixture
def source(record: CleanRow) -> CleanRow:
    """The record's first source of income."""
    return rows_of(record, INCOME)[0]


@pytest.fixture
def gulnara(db: None) -> User:
    """Supervises everywhere."""
    return make_user("gulnara", User.Role.SUPERVISOR)


@pytest.fixture
def as_gulnara(gulnara: User) -> Client:
    return client_of(gulnara)
