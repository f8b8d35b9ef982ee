"""weigh: the model's levels in Splink 5, on DuckDB or on Spark. The only file that knows Splink.

Aligning rosters is no SQL: the levels of a pair are computed in Python (`comparisons.py`) and
handed to Splink as columns, which says what they are worth (linkage spec, section 5). The settings
are code and only the numbers are the model's: a saved one quotes columns in one engine's way.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from surveys.linkage.comparisons import COMPARISONS
from surveys.linkage.model import LinkModel

logging.getLogger("splink").setLevel(logging.WARNING)

# The level of each comparison of a pair, in the order of COMPARISONS.
Levels = tuple[str, ...]
_KEY = "unique_id"


def weigh(
    vectors: Iterable[Levels], model: LinkModel, *, backend: str = "duckdb", session: Any = None
) -> dict[Levels, float]:
    """Each vector of levels → its match weight in bits, prior included, as Splink gives it.

    Pairs with the same levels weigh the same: ask once for each vector. `backend`: "duckdb", or
    "spark" with a SparkSession as `session`.
    """
    distinct = list(dict.fromkeys(vectors))
    if not distinct:
        return {}
    rows = [
        {_KEY: i, **dict(zip(COMPARISONS, each, strict=True))} for i, each in enumerate(distinct)
    ]
    weights = _in_spark(rows, model, session) if backend == "spark" else _in_duckdb(rows, model)
    return {each: weights[i] for i, each in enumerate(distinct)}


def splink_settings(model: LinkModel) -> SettingsCreator:
    """The model as Splink has it: one comparison each, an exact level a level. For any backend.

    A pair stands in both tables under one id, by which alone it is blocked.
    """
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name=_KEY,
        blocking_rules_to_generate_predictions=[block_on(_KEY)],
        probability_two_random_records_match=2**model.prior / (1 + 2**model.prior),
        comparisons=[_comparison(name, model.weights[name]) for name in COMPARISONS],
        retain_matching_columns=False,
    )


def _comparison(name: str, levels: Mapping[str, float]) -> dict[str, Any]:
    # No level is ever missing: that, too, is a word with a weight.
    never = {
        "sql_condition": f"{name}_l IS NULL",
        "label_for_charts": "none",
        "is_null_level": True,
    }
    known = [_level(f"{name}_l = '{level}'", level, bits) for level, bits in levels.items()]
    return {
        "output_column_name": name,
        "comparison_levels": [never, *known, _level("ELSE", "other", 0)],
    }


def _level(sql: str, label: str, bits: float) -> dict[str, Any]:
    """Only the ratio of m and u weighs; both must be probabilities."""
    u = min(0.5, 0.5 * 2**-bits)
    return {
        "sql_condition": sql,
        "label_for_charts": label,
        "m_probability": u * 2**bits,
        "u_probability": u,
    }


def _in_duckdb(rows: list[dict[str, Any]], model: LinkModel) -> dict[int, float]:
    connection = duckdb.connect()
    try:
        connection.register("vectors", pa.Table.from_pylist(rows))
        connection.execute("CREATE TABLE pairs AS SELECT * FROM vectors")
        weighed = _predict(DuckDBAPI(connection), "pairs", model)
        # A cursor of its own: DuckDB refuses a statement where another's result is unread.
        sql = f"SELECT {_KEY}_l, match_weight FROM {weighed.physical_name}"  # noqa: S608
        return dict(connection.cursor().execute(sql).fetchall())
    finally:
        connection.close()


def _in_spark(rows: list[dict[str, Any]], model: LinkModel, session: Any) -> dict[int, float]:
    from splink import SparkAPI  # noqa: PLC0415  pyspark is there only where Spark is wanted

    session.createDataFrame(rows).createOrReplaceTempView("pairs")
    weighed = _predict(
        SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=session, break_lineage_method="persist"
        ),
        "pairs",
        model,
    )
    found = weighed.as_record_list()
    return {row[f"{_KEY}_l"]: row["match_weight"] for row in found}


def _predict(api: Any, table: str, model: LinkModel) -> Any:
    sides = [api.register(table, dataset_display_name=side) for side in ("left", "right")]
    return Linker(sides, splink_settings(model), log_level=logging.WARNING).inference.predict()
