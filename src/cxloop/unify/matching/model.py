"""The model of matching: what the levels of agreement weigh, kept as a document, and trained without labels by Splink.

m is how often a level is met by two records of one person, u how often by records of two. u is read off random pairs of
records, of which the few that are one person's are taken out again; m is learned by expectation maximisation over the
pairs of several blocking rules in turn, each of which leaves the fields that it does not use free to differ.

Source of the model: Fellegi and Sunter, A Theory for Record Linkage (1969); its training: Splink's documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import log2
from typing import TYPE_CHECKING, Any

from cxloop.unify.matching.blocking import Key, Rule, rule_condition
from cxloop.unify.matching.comparisons import DIFFERENT, SAME, Comparison, comparisons_for, splink_comparison

if TYPE_CHECKING:
    from cxloop.engine.duckdb.linkage import Scratch

__all__ = ["SETTINGS_VERSION", "Model", "learn", "linker_for", "train"]

SETTINGS_VERSION = 3
"""Of the levels and the training: a model of another version is trained anew."""
SAMPLED_PAIRS = 300_000
TRAINED_PAIRS = 500_000
LEAST_U = 1e-9
CONVERGENCE = {"em_convergence": 0.001, "max_iterations": 15}
"""Later rounds change little that is common, and drive what is rare to nothing."""
MOSTLY_SAME = 0.4
"""Share of one person's records that say the same in a field, of which more than half of the fields have more."""
_PRIOR_COUNT = 0.5
"""Added to the count of each level (Jeffreys): what was not seen is rare and not impossible."""


@dataclass(frozen=True)
class Model:
    """A trained model; see `cxloop.unify.results.Matching` for the words.

    `weights` is (m, u) by field and label of the level. `rules` are the names of the keys of each rule; one without
    any compares records whose first and last names are swapped. `calibration` is (shift, slope) of the log odds.
    `about` says further how it came about.
    """

    columns: tuple[str, ...]
    weights: Mapping[str, Mapping[str, tuple[float, float]]]
    rules: tuple[tuple[str, ...], ...]
    prior: float
    records: int
    seed: int
    precision: float = 0.99
    threshold: float = 0.9
    expected_precision: float | None = None
    calibration: tuple[float, float] = (0.0, 1.0)
    settings: int = SETTINGS_VERSION
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What it compares."""
        return comparisons_for(self.columns)

    @property
    def start(self) -> float:
        """Weight before any comparison: log2 of the odds that two records are one person."""
        return log2(self.prior / (1 - self.prior))

    @property
    def learned(self) -> bool:
        """Whether the records could teach anything of one person's: else the weights are what usually holds."""
        return bool(self.about.get("learned", True))

    def weight(self, name: str, level: str) -> float:
        """Returns the weight of a level, in bits."""
        m, u = self.weights[name][level]
        return log2(m / u)

    def to_dict(self) -> dict[str, Any]:
        """Returns the model as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Model:
        """Returns the model that `to_dict` gave."""
        weights = {
            name: {label: (float(m), float(u)) for label, (m, u) in levels.items()}
            for name, levels in plain["weights"].items()
        }
        rules = tuple(tuple(rule) for rule in plain["rules"])
        shift, slope = plain["calibration"]
        told = {**plain, "columns": tuple(plain["columns"]), "rules": rules, "weights": weights}
        return cls(**{**told, "calibration": (float(shift), float(slope))})


def linker_for(room: Scratch, table: str, model: Model, *, explain: bool = False) -> tuple[Any, Callable[[Any], Any]]:
    """Returns Splink's linker with the parameters of a model, and what registers relations with it.

    Args:
        room: the database.
        table: name of the table of records, on which also the frequencies of values are counted.
        model: the parameters.
        explain: whether predictions come with level and weight of each comparison.
    """
    comparisons = [splink_comparison(each, dict(model.weights[each.field])) for each in model.comparisons]
    return _linker(room, table, comparisons, prior=model.prior, explain=explain)


def _linker(
    room: Scratch, table: str, comparisons: list[dict[str, Any]], *, prior: float, explain: bool
) -> tuple[Any, Callable[[Any], Any]]:
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "comparisons": comparisons,
        # pairs are found by `Scratch.agreeing`, once each
        "blocking_rules_to_generate_predictions": ["1=1"],
        "probability_two_random_records_match": prior,
        "retain_matching_columns": explain,
        "retain_intermediate_calculation_columns": explain,
        **CONVERGENCE,
    }
    return room.linker(table, settings)


def train(
    room: Scratch,
    table: str,
    columns: Sequence[str],
    rules: Sequence[Rule],
    learning: Sequence[Rule],
    *,
    records: int,
    seed: int,
    without: Collection[str] = (),
) -> Model:
    """Trains a model without labels.

    Args:
        room: the database.
        table: name of their table.
        columns: their fields.
        rules: by which records will be compared.
        learning: rules for expectation maximisation, each of one field.
        records: how many there are.
        seed: of the random pairs.
        without: fields whose weights are learned elsewhere.
    """
    compared = [each for each in comparisons_for(columns) if each.field not in without]
    prior = 1.0 / max(records, 2)
    untrained = [splink_comparison(each) for each in compared]
    linker, _ = _linker(room, table, untrained, prior=prior, explain=False)
    linker.training.estimate_u_using_random_sampling(
        max_pairs=SAMPLED_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
    )
    learned = [[key.name for key in rule.keys] for rule in learning if learn(linker, rule.keys)]
    pairs = records * (records - 1) / 2
    told = {each["output_column_name"]: each["comparison_levels"] for each in _trained_comparisons(linker)}
    sampled = min(pairs, SAMPLED_PAIRS)
    weights = {each.field: _levels(told[each.field], (records, sampled), prior) for each in compared}
    if not learned or not _of_persons(weights):
        # nothing says that the random pairs hold any of one person
        learned = []
        weights = {each.field: _levels(told[each.field], (0, sampled), 0.0) for each in compared}
    names = tuple(tuple(key.name for key in rule.keys) for rule in rules)
    swaps = ((),) if {"given", "family"} <= set(columns) else ()
    about = {"learning": [[key.name for key in rule.keys] for rule in learning], "learned": learned}
    return Model(tuple(columns), weights, (*names, *swaps), prior, records, seed, about=about)


def learn(linker: Any, keys: Sequence[Key]) -> bool:
    """Runs expectation maximisation on the pairs that agree on some keys; returns False where it broke off.

    Then it has had no effect.
    """
    from splink.internals.exceptions import SplinkException

    # a session that breaks off leaves out of the model what it held still; nothing public takes that back
    settings = linker._settings_obj  # noqa: SLF001
    before = settings.core_model_settings.copy()
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule_condition(keys, apart=False), estimate_without_term_frequencies=True, max_pairs=TRAINED_PAIRS
        )
    except (SplinkException, ValueError):
        # too few pairs agree on this field to learn from (ValueError: a share became 0); the other rules teach the rest
        settings.core_model_settings = before
        return False
    return True


def _trained_comparisons(linker: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = linker.misc.save_model_to_json()["comparisons"]
    return found


def _of_persons(weights: Mapping[str, Mapping[str, tuple[float, float]]]) -> bool:
    """Whether what was learned is about persons: two records of one say the same in most fields.

    Where nobody is there twice, expectation maximisation parts the pairs by whatever else they have in common, such as
    a street, and takes for one person's what differs in everything else.
    """
    said = [levels[SAME][0] for levels in weights.values()]
    return 2 * sum(share >= MOSTLY_SAME for share in said) > len(said)


def _levels(
    trained: Sequence[Mapping[str, Any]], seen: tuple[float, float], prior: float
) -> dict[str, tuple[float, float]]:
    levels = [level for level in trained if not level.get("is_null_level")]
    labels = [str(level["label_for_charts"]) for level in levels]
    shares = [_number(level.get("m_probability")) for level in levels] if seen[0] else []
    m = _smoothed(shares, seen[0]) or _usual(labels)
    among_all = _smoothed([_number(level.get("u_probability")) for level in levels], seen[1]) or _rare(labels)
    # random pairs hold the few of one person: u is what is left without them
    u = [
        max((share - prior * own) / (1 - prior), 0.02 * share, LEAST_U) for share, own in zip(among_all, m, strict=True)
    ]
    return dict(zip(labels, zip(m, u, strict=True), strict=True))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _smoothed(shares: Sequence[float], count: float) -> list[float]:
    """Returns shares of levels with a pseudo-count each; nothing where none was learned."""
    total = sum(shares)
    if not total:
        return []
    return [(share / total * count + _PRIOR_COUNT) / (count + _PRIOR_COUNT * len(shares)) for share in shares]


def _usual(labels: Sequence[str]) -> list[float]:
    """What holds of records of one person where the data could not tell."""
    return [0.8 if place == 0 else 0.2 / (len(labels) - 1) for place in range(len(labels))]


def _rare(labels: Sequence[str]) -> list[float]:
    return [0.9 if label == DIFFERENT else 0.1 / (len(labels) - 1) for label in labels]
