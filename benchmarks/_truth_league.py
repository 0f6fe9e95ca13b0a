"""Do league tables find the agents that are planted as the worst, and how many others do they accuse?

In every company the good agents are given the hard cases, so that raw means mislead. A raw ranking names the lowest
fifth, whatever luck had to do with it; the league table names whom it believes to be there with a probability of at
least `LIKELY`. Both are held against the planted skill. As many names as the raw ranking gives, taken in the order of
the league table, show what adjusting brings by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["judge", "verdicts"]

_FIFTH = 5
_NOMINAL = 0.01
"""Level of the binomial test."""


def judge(company: Any, workspace: Any) -> dict[str, Any]:
    """Returns whom raw ranking and league table name in one company, and how they stand to the truth."""
    from cxloop.core.league import LIKELY
    from cxloop.measure.league.standings import Request, league

    found = league(workspace, Request("csat", "employee", "mean"))
    judged = found.judged
    skill = {agent["employee"]: agent["skill"] for agent in company.truth["agents"]}
    fifth = max(1, round(len(judged) / _FIFTH))
    worst = set(sorted((row.name for row in judged), key=skill.__getitem__)[:fifth])
    half = set(sorted((row.name for row in judged), key=skill.__getitem__)[len(judged) // 2 :])
    raw = [row.name for row in sorted(judged, key=lambda row: row.raw)[:fifth]]
    likeliest = [row.name for row in sorted(judged, key=lambda row: -(row.lowest or 0.0))[:fifth]]
    named = [row.name for row in judged if (row.lowest or 0.0) >= LIKELY]
    below = [row.name for row in judged if row.standing == "worse"]
    return {
        "agents": len(judged),
        "answers": sum(row.n for row in judged),
        "worst": len(worst),
        "adjusted": [item.name for item in found.adjustments if item.state == "adjusted"],
        **{
            f"{name}_{what}": len(set(names) & group) if what != "all" else len(names)
            for name, names in (("raw", raw), ("likeliest", likeliest), ("named", named), ("below", below))
            for what, group in (("all", worst), ("right", worst), ("good", half))
        },
        "said": sum(row.lowest or 0.0 for row in judged if (row.lowest or 0.0) >= LIKELY),
    }


def verdicts(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Yields whether each promise holds, and its sentence."""
    from scipy.stats import binom

    from cxloop.core.league import LIKELY

    total = {key: sum(row[key] for row in rows) for key in rows[0] if isinstance(rows[0][key], int | float)}
    wrong = {name: total[f"{name}_all"] - total[f"{name}_right"] for name in ("raw", "likeliest", "named")}
    found = sum("difficult" in row["adjusted"] for row in rows)
    expected = total["said"] / max(total["named_all"], 1)
    chance = float(binom.cdf(total["named_right"], total["named_all"], expected)) if total["named_all"] else 0.0
    per_agent = total["answers"] / max(total["agents"], 1)
    yield found >= 0.9 * len(rows), f"difficulty is found to matter in {found} of {len(rows)} companies, limit 90 %"
    told = f"of {total['worst']} planted worst agents the league table has {total['likeliest_right']} in its last fifth"
    yield (
        total["likeliest_right"] > total["raw_right"],
        f"{told}, raw ranks have {total['raw_right']} ({per_agent:.0f} answers an agent)",
    )
    told = f"those named (probability of {LIKELY:.0%} or more) are wrong {wrong['named']} times of {total['named_all']}"
    yield (
        wrong["named"] < 0.5 * wrong["raw"],
        f"{told}; raw ranks accuse {wrong['raw']} wrongly of {total['raw_all']}, limit half of it",
    )
    told = f"of the better half of agents raw ranks accuse {total['raw_good']}"
    yield (
        total["named_good"] <= 0.1 * total["raw_good"],
        f"{told}, the league table {total['named_good']}, limit a tenth",
    )
    told = f"named agents are said to be in the last fifth with {expected:.0%} on average"
    yield (
        chance >= _NOMINAL,
        f"{told}, and {total['named_right']} of {total['named_all']} are (p {chance:.3f}, limit {_NOMINAL})",
    )
