"""Is "changed" said where nothing did, and is it said where something did? See `measure_truth`.

Nothing changes between random groups of the customers, whatever happens in the company: people are dealt into halves
and into tens by a hash of their number and of the deal, and compared by what `measure.compare` compares with. All that
one deal shows together is a family, corrected by Benjamini and Hochberg; it errs where any of it is called different.
Where nothing differs at all, that is to happen in at most 5 of 100 families.

Between two quiet months (July and August, August and September, outside of the markets that the crisis will reach)
nothing was planted either. What was planted: the parcel hub stands still in October, and returns get easier in June;
how often that is found is printed, with the number of answers that there are to find it in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

__all__ = ["judge", "verdicts"]

NOMINAL, TEST = 0.05, 0.01
METRICS = ("nps", "csat", "ces", "rating")
DEALS = range(3)
TENS = 10
QUIET = (("2026-08-01", "2026-09-01"), ("2026-09-01", "2026-10-01"))
UNREACHED = 'region == "IE" or region == "ES" or region == "PT"'
PLANTED = {
    "crisis, stars in its markets": {
        "metric": "rating", "since": "2026-10-06", "until": "2026-10-31", "where": 'region == "DE" or region == "AT"',
    },
    "crisis, NPS in its markets": {
        "metric": "nps", "since": "2026-10-06", "until": "2026-10-31", "where": 'region == "DE" or region == "AT"',
    },
    "initiative, effort of returns": {"metric": "ces", "since": "2026-06-05", "until": "2026-09-05"},
}  # fmt: skip


def judge(company: Any, workspace: Any) -> dict[str, Any]:
    """Returns which families of comparisons erred in one company, and which planted changes were found."""
    assert company.truth["assumptions"] == "kept"
    return {
        "halves": [_halves(workspace, deal) for deal in DEALS],
        "tens": [_tens(workspace, metric) for metric in METRICS],
        "quiet": [_quiet(workspace, *months) for months in QUIET],
        "planted": {name: _found(workspace, arguments) for name, arguments in PLANTED.items()},
    }


def _dealt(workspace: Any, metric: str, groups: int, deal: int) -> tuple[Any, Any, Any]:
    """Returns the series of a metric, and the selection of its answers split by random groups of customers."""
    from sqlglot import exp

    from cxloop.core.time import Window
    from cxloop.measure.metrics.resolving import resolve
    from cxloop.measure.scales import common_scale
    from cxloop.measure.selection import select
    from cxloop.measure.series import Series

    item = resolve(workspace, metric)
    selection = select(workspace, item, by=(), every=None, window=Window(), where=None)
    scale = common_scale(workspace, item, selection)
    number = exp.Literal.number
    # Not hash(whose, deal): the lowest bit of that is the same deal each time, or its mirror.
    spread = exp.Mul(this=exp.paren(selection.whose.copy()), expression=number(1_000_003))
    dealt = exp.Mod(
        this=exp.Anonymous(this="hash", expressions=[exp.Add(this=spread, expression=number(deal))]),
        expression=number(groups),
    )
    node = exp.Cast(this=dealt, to=exp.DataType.build("bigint"))
    assert scale is not None
    return Series(item, item.label, scale, ""), replace(selection, extra={"dealt": node}), item


def _halves(workspace: Any, deal: int) -> bool:
    """Whether two random halves are said to differ in any of the metrics."""
    from cxloop.measure.comparing.halves import Pair, apart, corrected
    from cxloop.measure.estimate import found_of

    pairs = []
    for metric in METRICS:
        series, selection, item = _dealt(workspace, metric, 2, deal)
        _, found = found_of(workspace, item, selection, series.tally)
        pairs.append(Pair(None, None, None, None, apart((found, 0), (found, 1), 10)))  # type: ignore[arg-type]
    return _erred(corrected(pairs))


def _tens(workspace: Any, metric: str) -> bool:
    """Whether any of ten random groups is said to differ from the rest."""
    from cxloop.measure.comparing.halves import Pair, apart, corrected
    from cxloop.measure.comparing.rest import group_and_rest

    series, selection, _ = _dealt(workspace, metric, TENS, 99)
    table, own, rest = group_and_rest(workspace, selection, series.tally)
    changes = [apart((own, place), (rest, place), 10) for place in range(table.num_rows)]
    return _erred(corrected([Pair(None, None, None, None, change) for change in changes]))  # type: ignore[arg-type]


def _erred(pairs: Sequence[Any]) -> bool:
    from cxloop.measure.comparing.wording import verdict

    return any(verdict(pair.change, "rest") == "differs" for pair in pairs)


def _quiet(workspace: Any, since: str, until: str) -> list[float]:
    """Returns the p values of what can be compared between two quiet months."""
    from cxloop.measure import verbs

    found = [verbs.compare(workspace, name, since=since, until=until, where=UNREACHED).rows[0] for name in METRICS]
    return [row.change.p for row in found if row.change is not None]


def _found(workspace: Any, arguments: dict[str, str]) -> dict[str, Any]:
    """Returns whether a planted change is found, and from how many answers."""
    from cxloop.measure import verbs

    row = verbs.compare(workspace, **arguments).rows[0]  # type: ignore[arg-type]
    return {
        "changed": row.verdict == "changed",
        "n": row.current.n,
        "difference": None if row.change is None else row.change.value,
    }


def verdicts(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Yields whether each promise holds, and its sentence; prints how often planted changes are found."""
    from cxloop.stats.compare import benjamini_hochberg

    for name in PLANTED:
        _print_power(name, [row["planted"][name] for row in rows])
    quiet = [bool((benjamini_hochberg(p) <= NOMINAL).any()) for row in rows for p in row["quiet"] if p]
    families = {
        "random halves of the customers, four metrics together": [err for row in rows for err in row["halves"]],
        "ten random groups, each against the rest": [err for row in rows for err in row["tens"]],
        "two quiet months, four metrics together": quiet,
    }
    for what, erred in families.items():
        yield _at_most(what, sum(erred), len(erred))


def _at_most(what: str, wrong: int, families: int) -> tuple[bool, str]:
    """Whether an exact binomial test at 1 % leaves it open that the rate is at most the nominal one."""
    from scipy.stats import binomtest

    p = float(binomtest(wrong, families, NOMINAL, alternative="greater").pvalue) if families else 1.0
    said = f'{what}: "changed" in {wrong} of {families} families, {wrong / max(families, 1):.1%}'
    return families > 0 and p >= TEST, f"{said} (at most {NOMINAL:.0%}; binomial test p = {p:.2f}, above {TEST})"


def _print_power(name: str, found: Sequence[dict[str, Any]]) -> None:
    said = [item for item in found if item["difference"] is not None]
    if not said:
        print(f"  {name}: too few answers in all companies")
        return
    share = sum(item["changed"] for item in said) / len(said)
    n, mean = (sum(item[key] for item in said) / len(said) for key in ("n", "difference"))
    print(f"  {name}: {share:.0%} of companies said changed; {n:.0f} answers, difference {mean:+.2f} on average")
