"""Units: what a metric counts, as rows that stand in the place of the log.

A relation gives one row per unit. The row carries every column of the log (those of the interaction that stands for the
unit, on the alias `o`), so that every split, condition, limit of access and identity works on it as on an answer. What
it changes it names in `output`: above all `score`, which is what the unit scores: 1 or 0 for a share, a number for a
mean. Rows that are no unit are absent.
"""

from __future__ import annotations

from dataclasses import dataclass

from cxloop.engine.query import Query

__all__ = ["Units"]


@dataclass(frozen=True)
class Units:
    """One way to count.

    Attributes:
        name: as metrics name it.
        noun: what one of them is called, in the singular; another s makes it the plural.
        about: what one is, what it scores, and what is left out, in a sentence or two.
        rows: one select, with these slots, of which it declares those that it uses:

            $log      the log without what was revised and without bots and tests, as a table that takes an alias;
                      it has one column more, `customer_id`: the customer as the number is asked for, null for nobody
                      known. "The same customer" is the same `customer_id` and never the same key.
            $row      in the select list: the columns of the log on the alias `o` that `output` does not name.
            $now      the moment up to which things are known: the log's last one, or `as_of` where that is earlier.
            $within   the metric's `days`, as an interval.
            $horizon  `$now` minus `$within`: a unit is finished if it began no later.
            $referred whether the interaction `i` is one by which a customer brings somebody.
            $keeps    whether the interaction `f` keeps the promise `d`, by the catalogue's `[[promise]]`.
            $due_day  the day of `o.due_at` on the company's clocks; `$kept_day` is that of `o.kept_at`, `$today` of
                      `$now`.

            `output` names the columns that it gives in place of the log's. It may read other tables of the schema, too,
            and names them in `inputs`.
        scored: whether its score is a number by itself; if not, a metric has to say what a unit scores.
    """

    name: str
    noun: str
    about: str
    rows: Query
    scored: bool = True

    @property
    def timed(self) -> bool:
        """Whether a metric has to say within how many days something has to follow."""
        return "within" in self.rows.slots
