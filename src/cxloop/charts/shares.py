"""The bar of a share with its interval: one per row of a list, built as a text because each stands beside its words."""

from __future__ import annotations

__all__ = ["share_bar"]

HEIGHT, WIDTH = 14.0, 100.0
LEAST = 0.6
"""A share of nearly nothing is still a line that can be seen."""


def share_bar(value: float | None, low: float | None = None, high: float | None = None, *, most: float = 1.0) -> str:
    """Returns a bar as SVG that stretches to its place, with the interval as a thin line across its end.

    It uses the page's CSS variables and says nothing to screen readers: the numbers stand beside it. Without a value it
    is an empty place of the same size.

    Args:
        value: the share, 0 to `most`; None where it cannot be said.
        low: lower limit of its interval; None for none.
        high: upper limit.
        most: what the whole width stands for.

    Example:
        >>> share_bar(0.5, 0.4, 0.6).count("<path")
        1
    """
    scale = WIDTH / most if most > 0 else 0.0
    inside = ""
    if value is not None:
        inside = f'<rect width="{max(value * scale, LEAST):.2f}" height="{HEIGHT:g}" rx="1.5"/>'
    if low is not None and high is not None:
        inside += f'<path d="{_limits(low * scale, high * scale)}" vector-effect="non-scaling-stroke"/>'
    return (
        f'<svg class="share" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true">'
        f"{inside}</svg>"
    )


def _limits(low: float, high: float) -> str:
    middle = HEIGHT / 2
    return f"M{low:.2f},{middle:g}H{high:.2f}M{low:.2f},4V10M{high:.2f},4V10"
