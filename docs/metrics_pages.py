"""The pages of the metrics for `generate.py`, with the SQL that an empty workspace runs on a fixed day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics import Metric
from cxloop.measure.reference import metric_pages, metrics_reference
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

__all__ = ["metrics_reference", "pages_of_metrics"]

A_DAY = datetime(2026, 1, 1)
"""The day on which the examples are asked."""


def pages_of_metrics(made: str) -> dict[str, str]:
    """Returns reference/metrics/*.md by place; `made` stands below the title."""
    with TemporaryDirectory() as folder:
        for name in ("cxloop.toml", "experience.toml"):
            (Path(folder) / name).touch()
        workspace = replace(open_workspace(Folder(Path(folder))), now=lambda: A_DAY)

        def asked(item: Metric) -> str:
            return estimate(workspace, Request(item.name, item.statistic), item).how.sql

        texts = metric_pages(asked)
        workspace.close()
    return {f"metrics/{place}": text.replace("\n\n", f"\n\n{made}\n\n", 1) for place, text in texts.items()}
