"""Many questions at once, planned as one: what several of them ask the tables is asked once.

The tiles of a dashboard are worked out again together. They ask much of the same: on which scale answers are, who
decided what since, how many there are in all. An engine that works on several questions at a time, such as a cluster,
gets them at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from cxloop.core.calls import canonical
from cxloop.core.errors import EngineError
from cxloop.engine.base import Engine, Value
from cxloop.engine.query import Query, Slots
from cxloop.engine.render import render

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Batch", "together"]

T = TypeVar("T")


class Batch:
    """An engine that only reads, for the questions of one batch; safe to use from several threads.

    It is the engine itself to whoever keeps something for an engine (`==`, `hash`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect
        self.at_once = engine.at_once
        self._guard = Lock()
        self._answers: dict[object, Future[Any]] = {}
        self.asked, self.shared = 0, 0
        """How many questions there were, and how many of them had been asked before."""

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query, or gives what it gave before in this batch."""
        asked = (render(query, slots, dialect=self.dialect), canonical(dict(parameters or {})))
        return self._once(asked, lambda: self._engine.fetch(query, parameters, slots))

    def rows(self, query: Query, parameters: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """The same for a query of few rows."""
        rows: list[dict[str, Any]] = self.fetch(query, parameters).to_pylist()
        return rows

    def count(self, table: str) -> int:
        """How many rows a table had when somebody in this batch first wanted to know."""
        return self._once(("count", table), lambda: self._engine.count(table))

    def commits(self) -> int:
        """How many changes had been written when somebody in this batch first wanted to know."""
        return self._once("commits", self._engine.commits)

    def sql(self, query: Query, slots: Slots | None = None) -> str:
        """Returns the SQL of a query as the engine would run it."""
        return self._engine.sql(query, slots)

    def __getattr__(self, name: str) -> NoReturn:
        raise EngineError(f"{name} is nothing that a batch of questions does. Report this.")

    def _once(self, asked: object, work: Callable[[], T]) -> T:
        with self._guard:
            self.asked += 1
            known = self._answers.get(asked)
            future: Future[T] = known or self._answers.setdefault(asked, Future())
            self.shared += known is not None
        if known is None:
            try:
                future.set_result(work())
            except BaseException as failure:  # noqa: BLE001 - raised again where the result is wanted
                future.set_exception(failure)
        return future.result()

    def __eq__(self, other: object) -> bool:
        return self._engine == (other._engine if isinstance(other, Batch) else other)

    def __hash__(self) -> int:
        return hash(self._engine)


def together(batch: Batch, works: Sequence[Callable[[], object]], failed: Callable[[Exception], None]) -> None:
    """Does all works of a batch, as many at a time as its engine works on best.

    Args:
        batch: of their questions.
        works: what to do; each asks the batch.
        failed: told of each error; the other works go on.
    """

    def one(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - one that fails keeps none of the others from their end
            failed(failure)

    if batch.at_once == 1:
        for work in works:
            one(work)
        return
    with ThreadPoolExecutor(batch.at_once, thread_name_prefix="cxloop-batch") as threads:
        list(threads.map(one, works))
