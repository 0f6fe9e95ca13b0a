"""What the templates of the pages ask for: how a value is sent, what is chosen, how a face looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from cxloop.collect.surveys.definition.questions import Matrix, Row
from cxloop.collect.surveys.flow import Option, ShownQuestion
from cxloop.collect.surveys.pages.cleaning import clean
from cxloop.collect.surveys.pages.words import readable_size

__all__ = ["ENVIRONMENT", "sent"]

PICTURES = ("https://", "data:image/", "/")
COMPLETIONS = {"email": "email", "tel": "tel", "url": "url"}


def sent(value: Any) -> str:
    """Returns a value as a form sends it.

    Example:
        >>> sent(True), sent(9), sent("late")
        ('true', '9', 'late')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def _chosen(value: Any, item: ShownQuestion) -> bool:
    there = item.value if isinstance(item.value, list) else [] if item.value is None else [item.value]
    return sent(value) in {sent(each) for each in there}


def _in_row(value: Any, item: ShownQuestion, row: Option) -> bool:
    rows = item.value if isinstance(item.value, dict) else {}
    return str(row.value) in rows and sent(rows[str(row.value)]) == sent(value)


def _placed(value: Any, item: ShownQuestion, place: int) -> bool:
    order = [sent(each) for each in item.value] if isinstance(item.value, list) else []
    return len(order) >= place and order[place - 1] == sent(value)


def _ranked(item: ShownQuestion) -> Sequence[Option]:
    """The choices of a ranking: those that have a place in its order, then the others."""
    order = [sent(each) for each in item.value] if isinstance(item.value, list) else []
    return sorted(item.options, key=lambda o: order.index(sent(o.value)) if sent(o.value) in order else len(order))


def _place_of_row(item: ShownQuestion, row: Option) -> int:
    """The place of a row in the document, whatever order it is shown in."""
    if not isinstance(item.question, Matrix):
        return 0
    values = [each.value if isinstance(each, Row) else each for each in item.question.rows]
    return values.index(row.value)


def _worded(options: Sequence[Option]) -> bool:
    """Whether a scale has words rather than numbers on its steps."""
    return any(len(option.text) > 3 for option in options)


def _face(at: int, of: int) -> Markup:
    """A face from sad to glad: its mouth bends with its place."""
    bend = 0.0 if of < 2 else round(12 * at / (of - 1) - 6, 1)
    mouth = f"M10 {21 - bend / 3:g}q6 {bend:g} 12 0"
    eyes = "M11.5 12.5v1M20.5 12.5v1"
    drawn = (
        f'<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="13"/><path d="{eyes}{mouth}"/></svg>'
    )
    return Markup(drawn)  # noqa: S704 - two numbers of ours


def _plain(number: Any) -> str:
    return f"{number:.10g}" if isinstance(number, int | float) and not isinstance(number, bool) else str(number)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cxloop.collect.surveys.pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "sent": sent,
        "ranked": _ranked,
        "place_of_row": _place_of_row,
        "worded": _worded,
        "face": _face,
        "clean": clean,
        "picture": lambda address: address.startswith(PICTURES) and not address.startswith("//"),
        "plain": _plain,
        "size": readable_size,
    }
    made.tests |= {"chosen": _chosen, "in_row": _in_row, "placed": _placed}
    made.globals["completions"] = COMPLETIONS
    return made


ENVIRONMENT = _environment()
