"""Evidence in words: two records side by side, what speaks for one person and what against, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from cxloop import charts
from cxloop.core.waterfall import Waterfall, WaterfallStep
from cxloop.core.wording import count
from cxloop.unify.results import Compared
from cxloop.web.words import _

__all__ = ["Line", "Pair", "Piece", "certainty", "pair_of", "pieces", "speaking"]

Piece: TypeAlias = tuple[str, bool]
"""A stretch of a value, and whether the other record has something else there."""
LIKE = 0.5
"""Values less alike than this are different as a whole: marking their letters would only distract."""


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison as a line of the page: both values, how they compare, and what that is worth."""

    title: str
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    level: str
    weight: str
    meaning: str
    tone: str
    bar: str

    @property
    def silent(self) -> bool:
        """Whether it is evidence without values of its own, such as what further records add."""
        return bool(self.weight) and not self.left and not self.right


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records with everything that the page says of them."""

    pair: Compared
    lines: tuple[Line, ...]
    start: str
    total: str
    sum_bar: str
    sure: str


def pair_of(compared: Compared) -> Pair:
    """Returns two records as the page shows them: each comparison with its bar, and what they come to together."""
    bars = charts.fall_bars(compared)
    between = iter(bars[1:-1])
    lines = tuple(_line(step, next(between) if step.counted else "") for step in compared.steps)
    total = signed(compared.total)
    return Pair(compared, lines, signed(compared.start), total, bars[-1], certainty(compared.probability))


def _line(step: WaterfallStep, bar: str) -> Line:
    left, right = pieces(step.left, step.right)
    if not step.counted:
        return Line(step.title, left, right, step.level, "", _("says nothing"), "", bar)
    tone = "good" if step.weight > 0 else "bad" if step.weight < 0 else ""
    return Line(step.title, left, right, step.level, signed(step.weight), times(step.weight), tone, bar)


def pieces(left: str | None, right: str | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Returns two values in stretches, with what differs between them marked.

    Example:
        >>> pieces("Meyer", "Meier")
        ((('Me', False), ('y', True), ('er', False)), (('Me', False), ('i', True), ('er', False)))
        >>> pieces("Anna", None)
        ((('Anna', False),), ())
    """
    if not left or not right:
        return _whole(left), _whole(right)
    matcher = SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False)
    same_length = len(left.casefold()) == len(left) and len(right.casefold()) == len(right)
    if not same_length or matcher.ratio() < LIKE:
        return _whole(left), _whole(right)
    steps = matcher.get_opcodes()
    return (
        tuple((left[begin:end], kind != "equal") for kind, begin, end, _b, _e in steps if end > begin),
        tuple((right[begin:end], kind != "equal") for kind, _b, _e, begin, end in steps if end > begin),
    )


def _whole(value: str | None) -> tuple[Piece, ...]:
    return ((value, False),) if value else ()


def speaking(waterfall: Waterfall) -> str:
    """Returns what speaks most for one person, and what against, as a sentence; empty where nothing does.

    Example:
        >>> step = WaterfallStep("email", "E-mail", "a@x.org", "a@x.org", "same", 9.0)
        >>> speaking(Waterfall("Two records", -4.0, 5.0, (step,)))
        'Most for it: E-mail (same).'
    """
    return " ".join(_most(waterfall))


def _most(waterfall: Waterfall) -> Iterator[str]:
    counted = sorted((step for step in waterfall.steps if step.counted), key=lambda step: step.weight)
    if counted and counted[-1].weight > 0:
        yield f"{_('Most for it:')} {counted[-1].title} ({counted[-1].level})."
    if counted and counted[0].weight < 0:
        yield f"{_('Most against it:')} {counted[0].title} ({counted[0].level})."


def signed(weight: float) -> str:
    """Returns a weight in bits with its sign.

    Example:
        >>> signed(6.04), signed(-2.5), signed(0.01)
        ('+6.0', '−2.5', '0.0')
    """
    sign = "+" if weight >= 0.05 else "−" if weight <= -0.05 else ""
    return f"{sign}{abs(weight):.1f}"


def times(weight: float) -> str:
    """Returns what a weight in bits means.

    Example:
        >>> times(6), times(-3), times(0.1)
        ('64 times likelier for one person', '8 times likelier for two persons', 'as likely for one as for two')
    """
    if abs(weight) < 0.3:  # less than a quarter more: a factor of 1.2 helps nobody to decide
        return _("as likely for one as for two")
    factor = 2 ** min(abs(weight), 40)
    said = f"{factor:.1f}" if factor < 10 and round(factor, 1) != round(factor) else count(_round(factor))
    return f"{said} {_('times likelier for one person') if weight > 0 else _('times likelier for two persons')}"


def _round(factor: float) -> int:
    """Two digits are all that such a factor can claim."""
    coarse: int = 10 ** max(len(str(int(factor))) - 2, 0)
    return round(factor / coarse) * coarse


def certainty(probability: float) -> str:
    """Returns a probability as a share: an estimate is never certain, also where it rounds to 1.

    Example:
        >>> certainty(0.97), certainty(0.99874), certainty(1.0), certainty(0.0001)
        ('97 %', '99.9 %', 'over 99.9 %', 'under 0.1 %')
    """
    if probability > 0.9994:
        return f"{_('over')} 99.9 %"
    if probability < 0.0005:
        return f"{_('under')} 0.1 %"
    return f"{100 * probability:.1f}".removesuffix(".0") + " %"
