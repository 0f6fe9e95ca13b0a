"""What verbs return: frozen results with an honest face in a terminal, a notebook, a page and JSON.

Only the methods of presentation import heavier libraries, and only when they are called
(docs/decisions/0001): a result is data, and the data never needs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import TypeAdapter

from cxloop.core.time import Period

if TYPE_CHECKING:
    import altair
    import pandas
    import polars
    import pyarrow

__all__ = [
    "Estimate",
    "EstimateRow",
    "Estimates",
    "How",
    "Identities",
    "InsufficientData",
    "Records",
    "Restated",
    "Result",
    "Unit",
    "Value",
]

Unit = Literal["points", "share", "score", "money", "duration", "count"]
"""How a number reads: NPS points (-100 to 100), a share (0 to 1), a score on its scale, an amount of money in the
result's currency, a duration in seconds, or how many of something there are on average."""

Value: TypeAlias = str | int | float | bool | datetime | date | None


@dataclass(frozen=True, slots=True)
class How:
    """How a result came about: definition, method, what was left out, and the same call in each face."""

    definition: str = ""
    method: str = ""
    python: str = ""
    cli: str = ""
    sql: str = ""
    exclusions: str = ""


@dataclass(frozen=True)
class Result:
    """Base of every verb's result. Subclasses are frozen dataclasses; `records()` is their table."""

    kinds: ClassVar[dict[str, type[Result]]] = {}
    is_document: ClassVar[bool] = False
    """Whether `str()` is a file of its own, to be redirected into one: then nothing else stands beside it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        taken = Result.kinds.get(cls.__name__)
        if taken is not None and taken.__module__ != cls.__module__:  # a kept result would be read as the other one
            raise TypeError(f"{cls.__module__} and {taken.__module__} both call a result {cls.__name__}")
        Result.kinds[cls.__name__] = cls

    @property
    def target(self) -> str:
        """What single thing it is about, as kind and number ("customer 42"): for the audit log, which names nobody."""
        return ""

    def records(self) -> list[dict[str, Value]]:
        """Returns the rows of the result, each a mapping of column to value."""
        raise TypeError(f"{type(self).__name__} has no table")

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows that a terminal shows below the sentence: all, unless a result leaves out what few need.

        Programs get everything by `records()`, --json and --csv.
        """
        return self.records()

    @property
    def table(self) -> pyarrow.Table:
        """The rows as an Arrow table."""
        import pyarrow

        return pyarrow.Table.from_pylist(self.records())

    def to_polars(self) -> polars.DataFrame:
        """Returns the rows as a Polars data frame (extra `notebook`)."""
        import polars

        return polars.DataFrame(self.records(), infer_schema_length=None)

    def to_pandas(self) -> pandas.DataFrame:
        """Returns the rows as a pandas data frame (extra `notebook`)."""
        import pandas

        return pandas.DataFrame.from_records(self.records())

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as plain JSON values, the same in `--json`, the API and the socket."""
        plain: dict[str, Any] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return {"kind": type(self).__name__, **plain}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Returns the result that `to_dict` gave; raises KeyError for an unknown kind."""
        kind = cls.kinds[plain["kind"]]
        values = {name: value for name, value in plain.items() if name != "kind"}
        return TypeAdapter(kind).validate_python(values)  # type: ignore[return-value]

    def plot(self) -> altair.Chart | altair.LayerChart | altair.FacetChart:
        """Returns the chart of the result, the same object as on the page."""
        from cxloop.charts import draw

        return draw(self)

    def _repr_html_(self) -> str:
        rows = self.records()
        if not rows:
            return f"<p>{escape(str(self))}</p>"
        head = "".join(f"<th>{escape(str(name))}</th>" for name in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape('' if cell is None else str(cell))}</td>" for cell in row.values()) + "</tr>"
            for row in rows
        )
        return f"<p>{escape(str(self))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that can be trusted: value, interval, how many answers from how many customers, and the method."""

    value: float
    low: float
    high: float
    n: int
    customers: int
    method: str
    level: float = 0.95
    state: Literal["estimate"] = "estimate"


@dataclass(frozen=True, slots=True)
class InsufficientData:
    """ "Cannot say": too few answers for a number; `needed` is the minimum."""

    n: int
    needed: int
    state: Literal["insufficient"] = "insufficient"


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One group of an answer: the labels of its dimensions, the first day of its period, its number."""

    group: tuple[str | None, ...]
    period: date | None
    result: Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class Restated:
    """What decisions on who is who have changed since the window ended.

    Attributes:
        customers: customers whose answers they moved.
        answers: how many answers those are.
        last_at: when the last of these decisions began to count, UTC.
        asked: what to give as `identity` for the numbers as they were before it.
        before: the rows that were different before it; None where that was not computed.
    """

    customers: int
    answers: int
    last_at: datetime
    asked: str
    before: tuple[EstimateRow, ...] | None = None


@dataclass(frozen=True, slots=True)
class Identities:
    """As whom customers were counted.

    Attributes:
        as_of: as they were known at that moment, UTC; None for now.
        certainty: least probability of links that count; None for all that are accepted.
        weak_share: share of answers whose customers are held together by weaker links than `weak_below`; None where
            that cannot be told.
        weak_below: the probability that divides weak links from sure ones.
        restated: whether decisions since have changed the numbers.
    """

    as_of: datetime | None = None
    certainty: float | None = None
    weak_share: float | None = None
    weak_below: float = 0.95
    restated: Restated | None = None


@dataclass(frozen=True)
class Estimates(Result):
    """A metric, by dimensions and over periods.

    `scale` is (lowest, highest) of the answers; `titles` is what people call the dimensions of `by`, in its order;
    `identities` says as whom customers were counted, and what that rests on.
    """

    metric: str
    unit: Unit
    by: tuple[str, ...]
    every: Period | None
    since: datetime | None
    until: datetime | None
    zone: str
    scale: tuple[float, float] | None
    rows: tuple[EstimateRow, ...]
    how: How = How()
    titles: tuple[str, ...] = ()
    identities: Identities = field(default_factory=Identities)
    currency: str = ""
    """Code of the currency of amounts of money; empty for other units."""
    noun: str = "answer"
    """What n counts, in the singular: answer, order, matter, customer."""
    label: str = ""
    """The metric's name as people write it; empty where it is one that everybody knows."""
    version: int = 1
    """Version of the metric's definition."""

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group and period; value and interval are None where the number cannot be said."""
        return [self._record(row) for row in self.rows]

    def _record(self, row: EstimateRow) -> dict[str, Value]:
        record: dict[str, Value] = dict(zip(self.by, row.group, strict=True))
        if self.every is not None:
            record[self.every] = row.period
        from cxloop.core.wording import plural

        number = row.result
        known = number if isinstance(number, Estimate) else None
        needs = f"needs {number.needed} {plural(self.noun)}" if isinstance(number, InsufficientData) else ""
        return {
            **record,
            self.metric: None if known is None else known.value,
            "low": None if known is None else known.low,
            "high": None if known is None else known.high,
            "n": number.n,
            "customers": None if known is None else known.customers,
            "method": needs if known is None else known.method,
        }

    def __str__(self) -> str:
        from cxloop.core.wording import sentence

        return sentence(self)


@dataclass(frozen=True)
class Records(Result):
    """A plain table with a sentence above it: for results that are lists of things.

    `times` names the columns that hold dates or moments; it is found out by looking. JSON has neither, so a result that
    comes from a socket or a snapshot knows by it which texts they were.
    """

    summary: str
    columns: tuple[str, ...]
    cells: tuple[tuple[Value, ...], ...]
    times: tuple[str, ...] = ()

    main: ClassVar[tuple[str, ...]] = ()
    """The columns that a terminal shows, in this order; all unless said otherwise."""

    def __post_init__(self) -> None:
        places = range(len(self.columns))
        if self.times:
            known = {place for place in places if self.columns[place] in self.times}
            cells = tuple(tuple(_time(v) if place in known else v for place, v in enumerate(row)) for row in self.cells)
            object.__setattr__(self, "cells", cells)
        else:
            found = (place for place in places if any(isinstance(row[place], date) for row in self.cells))
            object.__setattr__(self, "times", tuple(self.columns[place] for place in found))

    def records(self) -> list[dict[str, Value]]:
        """Returns one mapping per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.cells]

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows with their main columns."""
        wanted = [name for name in self.main if name in self.columns] or list(self.columns)
        return [{name: row[name] for name in wanted} for row in self.records()]

    def __str__(self) -> str:
        return self.summary


def _time(value: Value) -> Value:
    """Returns the date or the moment that a text says; anything else as it is."""
    if not isinstance(value, str):
        return value
    return date.fromisoformat(value) if len(value) == len("2026-05-01") else datetime.fromisoformat(value)
