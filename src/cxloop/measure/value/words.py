"""What is said of how value is made."""

from __future__ import annotations

from cxloop.core.wording import day, many
from cxloop.engine.base import Analysis
from cxloop.measure.value.orders import Orders

__all__ = ["ALIVE", "CONTRACT", "DEFINITION", "HELD", "method"]

DEFINITION = (
    "What the customers who have ordered are expected to bring from now on within the horizon: orders expected, times "
    "what each of them is expected to be worth. It is revenue and not margin, and holds no customers still to be won."
)
ALIVE = (
    "The share of customers with at least two orders that is expected to still buy: the mean of their probabilities of "
    "being active. Of those who ordered once, orders alone cannot tell."
)
CONTRACT = (
    "Renewals that the members of today are expected to make within the horizon, and what the fee brings. "
    "Cancelling is seen in the log; members who leave without an event are counted as staying."
)
_MODELS = (
    "Orders: BG/NBD (Fader, Hardie and Lee 2005). Amounts: Gamma-Gamma of repeat orders (Fader and Hardie 2013), which "
    "takes it that those who order more often do not spend more on each. Both by maximum likelihood on all customers "
    "together; several orders of one day are one. A customer belongs to the group of their first order. Refunds make "
    "all orders of a customer worth less in proportion."
)
_INTERVALS = (
    "Intervals hold what the parameters leave open (Laplace), what customers do by chance (drawn futures, fixed seed) "
    "and, for totals, how far the check missed."
)


HELD = (
    "Customers hardly differ in when they leave or what they spend, so that parameters run away together; a weak prior "
    "(normal on their logarithms, standard deviation 2) holds them."
)


def method(ws: Analysis, orders: Orders, *, held: bool = False) -> str:
    """Returns how the numbers of these orders are made."""
    left_out = (
        f"{many(orders.nobody, 'order')} of nobody {'is' if orders.nobody == 1 else 'are'} left out."
        if orders.nobody
        else ""
    )
    seen = (
        f"Orders from {day(orders.start)} to {day(orders.end)}; a first order before that is not known, and the first "
        "one seen counts as it."
    )
    level = f"Level {ws.settings.measure.level:.0%}."
    said = (_MODELS, _INTERVALS, level, HELD if held else "", seen, left_out)
    return " ".join(part for part in said if part)
