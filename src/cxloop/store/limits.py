"""To which rows of the log an account or a key is limited: as the records keep it, and as an actor carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cxloop.core.errors import InputError
from cxloop.core.host import LIMITED_BY, Limits

__all__ = ["kept_limits", "limits_from"]


def limits_from(kept: Mapping[str, Iterable[str]]) -> Limits:
    """Returns limits as an actor carries them, sorted, so that equal ones are equal.

    Args:
        kept: values by column. A column without any opens no row at all.

    Raises:
        InputError: rows cannot be limited by such a column.

    Example:
        >>> limits_from({"team": ["South", "North"], "brand": ["Acme"]})
        (('brand', ('Acme',)), ('team', ('North', 'South')))
    """
    for column in kept:
        if column not in LIMITED_BY:
            raise InputError(f"Rows cannot be limited by {column!r}; they can by {', '.join(LIMITED_BY)}.")
    return tuple(sorted((column, tuple(sorted(set(values)))) for column, values in kept.items()))


def kept_limits(limits: Limits) -> dict[str, list[str]]:
    """Returns limits as the records keep them: what `limits_from` reads."""
    return {column: list(values) for column, values in limits}
