"""The sample, read and deduplicated once for all tests of a process."""

from collections import Counter

import pytest

from surveys.linkage.dedupe import Deduped, dedupe
from surveys.linkage.features import features_of
from surveys.linkage.frequencies import Frequencies, countables
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord
from tests.surveys.linkage import sample


@pytest.fixture(scope="session")
def sample_records(tmp_path_factory: pytest.TempPathFactory) -> tuple[HouseholdRecord, ...]:
    return sample.records(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def sample_deduped(sample_records: tuple[HouseholdRecord, ...]) -> Deduped:
    return dedupe(sample_records, pinned_model())


@pytest.fixture(scope="session")
def sample_frequencies(sample_records: tuple[HouseholdRecord, ...]) -> Frequencies:
    counted = Counter(item for each in sample_records for item in countables(features_of(each)))
    return Frequencies(counted)
