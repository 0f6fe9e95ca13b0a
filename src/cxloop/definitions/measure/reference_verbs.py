"""The verbs that write down reference values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import verb
from cxloop.measure.comparing.results import ReferenceList
from cxloop.store.context import Operations

__all__ = ["remove_reference", "set_reference"]

Name = Annotated[str, Field(min_length=1, max_length=64)]
_OUTDATED = ("measure.references", "measure.compare")


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def set_reference(
    ws: Operations,
    name: Name,
    *,
    metric: Name,
    label: Annotated[str, Field(min_length=1, max_length=80)],
    value: float,
    source: Annotated[str, Field(min_length=1, max_length=400)],
    date: Annotated[str, Field(min_length=4, max_length=10)],
    low: float | None = None,
    high: float | None = None,
    wording: Annotated[str, Field(max_length=400)] = "",
    scale_min: float | None = None,
    scale_max: float | None = None,
    target: bool = False,
) -> ReferenceList:
    """Write down a reference value: of an industry, of a competitor, or what you want to reach.

    It stands beside the metric's own number. Where it was asked in other words or on another scale, that is said, and
    the two are not compared.

    Args:
        name: Small letters, digits and underscores, such as industry_2025.
        metric: The metric that it is a value of, such as nps.
        label: What people call it.
        value: In the metric's unit; a share as 0.82.
        source: Who published it and where, or who decided it.
        date: Of when it is: 2025, 2025-06 or 2025-06-30.
        low: Lower limit, where the source gives one.
        high: Upper limit.
        wording: The question as it was asked.
        scale_min: Lowest value of the scale on which it was asked.
        scale_max: Highest value of that scale.
        target: It is what you want, and not what somebody measured.

    Raises:
        UnknownNameError: there is no such metric.
        InputError: the name or the value cannot be.
        MistakesError: something else is wrong; names every mistake.
    """
    from cxloop.definitions.measure.references import set_value

    scale = None if scale_min is None and scale_max is None else (scale_min, scale_max)
    content = {"metric": metric, "label": label, "value": value, "source": source, "date": date, "low": low}
    return set_value(ws, name, {**content, "high": high, "wording": wording, "scale": scale, "target": target})


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def remove_reference(ws: Operations, name: Name) -> ReferenceList:
    """Take a reference value away.

    Args:
        name: Of the reference value.

    Raises:
        UnknownNameError: there is no such reference value.
        InputError: it was removed before.
    """
    from cxloop.definitions.measure.references import remove

    return remove(ws, name)
