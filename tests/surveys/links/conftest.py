"""The two small forms, published; two families of which a person must say whether they are one."""

from uuid import UUID

import pytest

from surveys.households.models import CandidateLink
from surveys.places.models import Place
from tests.surveys.household_forms import REGISTRATION, SERVICE, publish
from tests.surveys.links.families import candidate, register, settle


@pytest.fixture
def forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


@pytest.fixture
def two(forms: None, alai: Place) -> tuple[UUID, UUID]:
    """Two families of one district, in order of arrival."""
    first = register("KG-06-00001", head="Гүлнара Асанова")
    second = register("KG-06-00007", head="Gulnara Asanova")
    settle()
    return first, second


@pytest.fixture
def link(two: tuple[UUID, UUID]) -> CandidateLink:
    return candidate(*two)
