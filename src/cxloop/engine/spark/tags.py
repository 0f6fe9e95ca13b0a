"""Names for the jobs of a thread, by which another thread stops them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Tags", "tags_of"]


class Tags(NamedTuple):
    """What a session does with the name of a thread's jobs."""

    add: Callable[[str], object]
    remove: Callable[[str], object]
    cancel: Callable[[str], object]


def tags_of(session: SparkSession) -> Tags:
    """Returns the tags of a session.

    Spark Connect keeps them on the server. Elsewhere the context does: a session of this process would stop only what
    the thread has begun that calls it.
    """
    context = getattr(session, "sparkContext", None)
    if context is None:
        return Tags(session.addTag, session.removeTag, session.interruptTag)
    return Tags(context.addJobTag, context.removeJobTag, context.cancelJobsWithTag)
