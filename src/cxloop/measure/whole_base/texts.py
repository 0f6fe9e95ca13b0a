"""What is said of how the whole-base score is made."""

from __future__ import annotations

from cxloop.core.wording import count

__all__ = ["METHOD", "definition"]

METHOD = (
    "Doubly robust estimate (AIPW; Robins, Rotnitzky and Zhao 1994) with models of other folds (Chernozhukov et al. "
    "2018): who is asked, who answers, and what, given what was known before. How answering hangs on the answer is "
    "read from people who were asked more than once, and the silent are tilted by it (Scharfstein, Rotnitzky and "
    "Robins 1999). The interval is that of the influence function, one value per customer, and holds the doubt about "
    "the tilt. Observational: what no behaviour and no other answer shows is not adjusted for."
)


def definition(label: str, occasion: str, active_days: float) -> str:
    """Returns what the number is, in a sentence.

    Example:
        >>> definition("NPS", "order", 365.0)
        'NPS of all customers with an order in the last 365 days, had everybody been asked after their newest order.'
    """
    article = "an" if occasion[0] in "aeiou" else "a"
    return (
        f"{label} of all customers with {article} {occasion} in the last {count(round(active_days))} days, had "
        f"everybody been asked after their newest {occasion}."
    )
