"""In which order tests begin when several processes share them: what takes long first, so that no end is waited for."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

__all__ = ["LongestFirst", "rank"]

LONG = (
    "tests/engines/test_limits_equal_a_smaller_log.py::test_every_table_query_and_verb",
    "tests/repo/test_docs.py::test_the_examples_of_the_pages_run",
    "tests/stories/test_access_walk.py",
    "tests/stories/",
    "tests/repo/test_docs.py",
    "tests/api/test_openapi_holds.py",
    "tests/web/surveys/",
    "tests/collect/surveys/pages/",
    "tests/frontend/",
    "tests/collect/connectors/sql/",
    "tests/entry/",
    "tests/collect/connectors/",
    "tests/runtime/",
    "tests/unify/matching/",
    "tests/outreach/",
    "tests/clients/",
    "tests/collect/loader/",
)
"""Beginnings of what takes long, the longest first. Something that is missing here costs time and nothing else."""
ALONE = LONG[:2]
"""Tests that take so long that each is handed out by itself, and not with the others of its file."""


def rank(test: str) -> int:
    """Returns the place of a test, by its id: those of a lower one begin earlier."""
    return next((place for place, beginning in enumerate(LONG) if test.startswith(beginning)), len(LONG))


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]
    """Hands whole files to the processes, in the order that they have been sorted into."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # would begin with the files of most tests

    def _split_scope(self, nodeid: str) -> str:
        scope: str = nodeid if nodeid.startswith(ALONE) else super()._split_scope(nodeid)
        return scope
