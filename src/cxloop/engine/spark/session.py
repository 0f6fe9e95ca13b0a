"""Opening a Spark session: a cluster of its own, Spark Connect, or threads of this process."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cxloop.core.errors import EngineError, InputError
from cxloop.core.patterns import SPARK

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Session", "connect", "prepared"]

Session: TypeAlias = "SparkSession"
"""For the annotations of those who may not name what belongs to Spark; importing this module imports nothing of it."""

_SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # results come as Arrow and go as Arrow; the names of groups are as long as people write them
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    # chains of undone decisions may be longer than Spark's hundred
    "spark.sql.cteRecursionLevelLimit": "10000",
    # the first rows of an order are held in memory, and room is made for all that were asked for, however few there are
    "spark.sql.execution.topKSortFallbackThreshold": "100000",
}
"""What makes the two engines give the same answers, for the session."""
_FIRST: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What has to be said before the session begins, unless spark-defaults.conf says otherwise."""


_STDERR = 2


def connect(
    address: str, *, settings: Mapping[str, str] | None = None, token: str = "", log: Path | None = None
) -> SparkSession:
    """Opens a session, or returns the one that this process has at the same address.

    Args:
        address: `spark://host:port`, `sc://host:port` or `local[n]`.
        settings: further settings of Spark, such as the memory of an executor.
        token: what Spark Connect asks for; it goes through TLS only.
        log: a file for what Spark's own process writes; by default where this process writes its errors.

    Raises:
        InputError: the address is none of these.
        EngineError: pyspark is not installed, nothing answers there, or this process uses another Spark already.
    """
    if not re.fullmatch(SPARK, address):
        raise InputError(
            f"{_without_token(address)!r} is no Spark: write spark://host:port, sc://host:port or local[2]."
        )
    session_class = _pyspark()
    builder = session_class.builder.appName("cxloop")
    if address.startswith("sc://"):
        builder = builder.remote(_with_token(address, token))
    else:
        _require_same(session_class.getActiveSession(), address)
        builder = builder.master(address)
        for name, value in _FIRST.items():
            builder = builder.config(name, value)
        if address.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
    for name, value in (settings or {}).items():
        builder = builder.config(name, value)
    try:
        with _writing_to(log):
            return prepared(builder.getOrCreate())
    except Exception as failure:  # noqa: BLE001 - what comes from the JVM has many classes
        more = f" More is in {log}." if log is not None and log.exists() else ""
        raise EngineError(f"No Spark answers at {_without_token(address)}: {_first_line(failure)}{more}") from None


@contextmanager
def _writing_to(log: Path | None) -> Iterator[None]:
    """Gives a file to the JVM as the standard error that it is born with: else commands would be lost in its words."""
    if log is None:
        yield
        return
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with log.open("ab") as file:
        os.dup2(file.fileno(), _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


def _require_same(active: SparkSession | None, address: str) -> None:
    """One process has one Spark: another address would be ignored without a word."""
    context = getattr(active, "sparkContext", None)
    if context is not None and context.master != address:
        raise EngineError(
            f"This process works on the Spark at {context.master} already, and can have no second one at {address}. "
            "Use another process for that."
        )


def prepared(session: SparkSession) -> SparkSession:
    """Returns a session with the settings that the queries rely on; one from a notebook keeps all others."""
    # it warns of a pandas that is newer than itself; nothing here goes through pandas
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    for name, value in _SETTINGS.items():
        session.conf.set(name, value)
    return session


def _pyspark() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineError(
            "The engine is a Spark, and the package pyspark is not installed. Run: pip install 'cxloop[spark]'"
        ) from None
    return SparkSession


def _without_token(address: str) -> str:
    return address.partition("/;")[0]


def _with_token(address: str, token: str) -> str:
    if not token:
        return address
    separator = ";" if "/;" in address else "/;"
    return f"{address}{separator}use_ssl=true;token={token}"


def _first_line(failure: BaseException) -> str:
    return str(failure).strip().partition("\n")[0][:300]
