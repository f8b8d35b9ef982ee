"""What one gets from Splink as it comes: the head's names as typed, birth, phone, village, point,
sex; u from random pairs, m by EM. The yardstick for our own linkage."""

import logging
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from surveys.linkage.record import HouseholdRecord

CERTAIN = 0.95  # the match probability from which pairs are joined
BLOCKED_BY = (
    ("phone",),
    ("surname", "forename"),
    ("surname", "birth"),
    ("forename", "birth"),
    ("village", "birth"),
    ("village", "surname"),
    ("village", "forename"),
)


def cluster_plainly(records: Sequence[HouseholdRecord]) -> dict[str, str]:
    """Record → cluster."""
    connection = duckdb.connect()
    connection.register("given", pa.Table.from_pylist([_row(record) for record in records]))
    connection.execute("CREATE TABLE heads AS SELECT * FROM given")
    api = DuckDBAPI(connection)
    linker = Linker([api.register("heads")], _settings(), log_level=logging.ERROR)
    training = linker.training
    rule = block_on("phone", "surname")
    training.estimate_probability_two_random_records_match([rule], recall=0.3)
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for columns in (("surname", "forename"), ("phone",)):
        training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_probability=CERTAIN
    )
    sql = f"SELECT unique_id, cluster_id FROM {clusters.physical_name}"
    found = dict(connection.cursor().execute(sql).fetchall())
    connection.close()
    return found


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKED_BY],
        comparisons=[
            cl.ForenameSurnameComparison("forename", "surname"),
            cl.LevenshteinAtThresholds("birth", 1),
            cl.ExactMatch("phone"),
            cl.ExactMatch("village"),
            cl.DistanceInKMAtThresholds("latitude", "longitude", [0.04, 0.7, 4]),
            cl.ExactMatch("sex"),
        ],
        retain_matching_columns=False,
    )


def _row(record: HouseholdRecord) -> dict[str, Any]:
    words = record.head.name.lower().split()
    return {
        "unique_id": record.record_id,
        "surname": words[0] if words else None,
        "forename": words[1] if len(words) > 1 else None,
        "birth": record.head.birth or None,
        "phone": record.phones[0] if record.phones else None,
        "village": record.village or None,
        "latitude": record.latitude,
        "longitude": record.longitude,
        "sex": record.head.sex or None,
    }
