"""[engine] of `cxloop.toml`: which engine keeps and asks the tables, and what it may use."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from cxloop.core import patterns
from cxloop.core.errors import Mistake, MistakesError
from cxloop.core.strict import Strict

__all__ = ["DUCKDB", "Engine"]

DUCKDB = "duckdb"
"""The address of the engine that lives in the workspace's own process."""
SparkSetting = Annotated[str, Field(pattern=patterns.SPARK_SETTING)]


class Engine(Strict):
    """[engine]: which engine keeps and asks the tables, and how much of this machine it may use.

    `address` is "duckdb", which needs nothing else, or a Spark: "spark://host:7077", "sc://host:15002" (Spark Connect)
    or "local[4]" (threads of this machine). `token` is for Spark Connect. `warehouse` is the folder of the tables under
    Spark, below the workspace or from the root; the app and all workers reach it under the same path. `spark` are
    settings of Spark's own, such as "spark.executor.memory". `memory_limit` and `threads` are DuckDB's on this machine.
    """

    address: Annotated[str, Field(pattern=patterns.ENGINE)] = DUCKDB
    token: Annotated[str, Field(pattern=patterns.VARIABLE)] = ""
    warehouse: Annotated[str, Field(min_length=1, max_length=1000)] = "warehouse"
    spark: dict[SparkSetting, Annotated[str, Field(max_length=1000)]] = Field(default_factory=dict)
    memory_limit: Annotated[str, Field(pattern=patterns.SIZE_OR_AUTO)] = "auto"
    threads: Annotated[int, Field(ge=0, le=1024)] = 0

    @model_validator(mode="after")
    def _tells_no_secret(self) -> Engine:
        if "token=" in self.address.lower():
            told = 'A token does not belong into the address: write token = "env:NAME" under it.'
            raise MistakesError("engine", [Mistake("engine.address", told)])
        return self

    @property
    def is_spark(self) -> bool:
        """Whether the tables are under Spark."""
        return self.address != DUCKDB
