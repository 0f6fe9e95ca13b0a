"""Plain Splink with the settings of its tutorials, on the same records: what identity_accuracy.py prints beside."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

__all__ = ["THRESHOLDS", "Reference", "reference"]

THRESHOLDS = (0.5, 0.8, 0.95, 0.99)
"""The tutorials cluster at 0.95 or 0.99; the reference is allowed the best of these, which needs the truth."""


class Reference(NamedTuple):
    """Settings of a tutorial: blocking, deterministic rules with their recall, comparisons, rules of training."""

    link_type: str
    blocking: Sequence[Any]
    deterministic: Sequence[Any]
    recall: float
    comparisons: Sequence[Any]
    training: Sequence[Any]


def _febrl(*, linked: bool, with_number: bool) -> Reference:
    """`Deduplicating febrl3` and the detailed model of `Febrl4 link-only`; without the number, neither uses it."""
    number = [block_on("soc_sec_id")] if with_number else []
    swapped = "l.given_name = r.surname and l.surname = r.given_name"
    birth = cl.DateOfBirthComparison(
        "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=linked
    )
    house = cl.ExactMatch("street_number").configure(term_frequency_adjustments=True)
    if linked:
        names = [
            cl.NameComparison(name).configure(term_frequency_adjustments=True) for name in ("given_name", "surname")
        ]
        numbers = [cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2])] if with_number else []
        code = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True)
        blocking: list[Any] = [
            block_on("given_name", "surname"),
            swapped,
            block_on("date_of_birth"),
            *number,
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ]
        sure = [*number, block_on("given_name", "surname", "date_of_birth")]
        training = [block_on("date_of_birth"), block_on("postcode")]
        return Reference("link_only", blocking, sure, 0.8, [*names, birth, *numbers, house, code], training)
    names = [cl.NameComparison("given_name"), cl.NameComparison("surname")]
    numbers = [cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2])] if with_number else []
    code = cl.ExactMatch("postcode").configure(term_frequency_adjustments=True)
    fields = ("given_name", "surname", "date_of_birth", "postcode")
    certain: list[Any] = [
        *number,
        block_on("given_name", "surname", "date_of_birth"),
        f"{swapped} and l.date_of_birth = r.date_of_birth",
    ]
    training = [block_on("date_of_birth"), block_on("postcode")]
    blocking = [*number, *(block_on(name) for name in fields)]
    return Reference("dedupe_only", blocking, certain, 0.9, [*names, birth, *numbers, house, code], training)


def _fake_1000() -> Reference:
    """`Evaluation when you have fully labelled data`, the fullest of the tutorials on fake_1000."""
    near = "levenshtein(r.dob, l.dob) <= 1"
    return Reference(
        "dedupe_only",
        [block_on(name) for name in ("first_name", "surname", "dob", "email")],
        [
            f"l.first_name = r.first_name and {near}",
            f"l.surname = r.surname and {near}",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            "l.email = r.email",
        ],
        0.7,
        [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        [block_on("dob"), block_on("email"), block_on("first_name", "surname")],
    )


def reference(tables: Sequence[pa.Table], name: str, key: str, *, with_number: bool) -> dict[float, dict[str, str]]:
    """Returns the clusters that the tutorial's settings find: by threshold, record to cluster.

    Args:
        tables: the records, one table per source.
        name: of the data set: fake_1000, or febrl and a number.
        key: the column that numbers the records.
        with_number: whether records have soc_sec_id.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    linked = len(tables) > 1
    settings = _fake_1000() if name == "fake_1000" else _febrl(linked=linked, with_number=with_number)
    api = DuckDBAPI(connection=duckdb.connect())
    inputs: Any = [api.register(table) for table in tables]
    creator = SettingsCreator(
        link_type=settings.link_type,  # type: ignore[arg-type]
        unique_id_column_name=key,
        blocking_rules_to_generate_predictions=list(settings.blocking),
        comparisons=list(settings.comparisons),
    )
    linker = Linker(inputs if linked else inputs[0], creator, log_level=None)
    linker.training.estimate_probability_two_random_records_match(list(settings.deterministic), recall=settings.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
    for rule in settings.training:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=linked or name == "fake_1000"
        )
    pairs = linker.inference.predict(threshold_match_probability=0.2)
    found = {}
    for threshold in THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=threshold
        )
        rows = clusters.as_record_list()
        found[threshold] = {str(row[key]): str(row["cluster_id"]) for row in rows}
    return found
