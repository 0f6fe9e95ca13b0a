"""The rows of a waterfall: one bar each, built as texts because each stands beside its own words."""

from __future__ import annotations

from cxloop.core.waterfall import Waterfall

__all__ = ["fall_bars"]

HEIGHT, WIDTH = 16.0, 100.0
LEAST = 0.6
"""A weight of nearly nothing is still a line that can be seen."""
FOR, AGAINST, SUM = "var(--accent)", "var(--pain)", "var(--neutral)"


def fall_bars(waterfall: Waterfall) -> list[str]:
    """Returns one SVG per bar of a waterfall, on one scale: its start, each step that counts, and its total.

    They use the page's CSS variables, stretch to the width of their place, and say nothing to screen readers: the
    numbers stand beside them.

    Example:
        >>> from cxloop.core.waterfall import WaterfallStep
        >>> step = WaterfallStep("email", "E-mail", "a@x.org", "a@x.org", "same", 9.0)
        >>> len(fall_bars(Waterfall("Two records", -4.0, 5.0, (step,))))
        3
    """
    bars = waterfall.bars()
    places = [0.0, *(place for _, begin, end in bars for place in (begin, end))]
    low, high = min(places), max(places)
    scale = WIDTH / max(high - low, 1e-9)

    def at(bits: float) -> float:
        return (bits - low) * scale

    last = len(bars) - 1
    return [
        _bar(at(begin), at(end), at(0.0), SUM if place in (0, last) else FOR if end >= begin else AGAINST)
        for place, (_, begin, end) in enumerate(bars)
    ]


def _bar(begin: float, end: float, zero: float, colour: str) -> str:
    left, width = min(begin, end, WIDTH - LEAST), max(abs(end - begin), LEAST)
    return (
        f'<svg class="fall" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" aria-hidden="true">'
        f'<line x1="{zero:.2f}" x2="{zero:.2f}" y1="0" y2="{HEIGHT:g}" stroke="var(--line-strong)" '
        f'vector-effect="non-scaling-stroke"/>'
        f'<rect x="{left:.2f}" y="3" width="{width:.2f}" height="{HEIGHT - 6:g}" fill="{colour}"/></svg>'
    )
