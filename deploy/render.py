"""Writes deploy/kubernetes/cxloop.yaml: what Helm makes of the chart with its default values, for those without Helm.

`python deploy/render.py` writes it, `--check` says whether it is current. It needs the package helm-python-sdk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["CHART", "NAME", "PLAIN", "rendered", "text_of"]

CHART = Path(__file__).resolve().parent / "chart"
PLAIN = CHART.parent / "kubernetes" / "cxloop.yaml"
NAME = "cxloop"
"""Of the release and of its namespace."""
_ORDER = ("ConfigMap", "PersistentVolumeClaim", "Service", "StatefulSet", "Deployment", "PodDisruptionBudget")
_HEAD = """\
# Written by deploy/render.py from the chart beside it, with the chart's default values. Change the ConfigMap's two
# files, the image, the sizes and the storage classes before you apply it: docs/how-to/kubernetes.md.
"""


def rendered(values: Mapping[str, Any] | None = None) -> list[str]:
    """Returns the manifests that Helm makes of the chart, each as YAML.

    Args:
        values: instead of the chart's own; what is not named keeps its default.
    """
    import helm_python

    with helm_python.Chart.load(CHART) as chart:
        files: dict[str, str] = chart.render(dict(values or {}), name=NAME, namespace=NAME)
    return sorted((each for _, text in sorted(files.items()) for each in _documents(text)), key=_place)


def text_of(documents: list[str]) -> str:
    """Returns the manifests as one file."""
    return _HEAD + "".join(f"---\n{each}\n" for each in documents)


def _documents(text: str) -> Iterator[str]:
    for part in f"\n{text}".split("\n---"):
        if any(line.strip() and not line.startswith("#") for line in part.splitlines()):
            yield part.strip("\n")


def _place(document: str) -> int:
    kind = next(line.removeprefix("kind: ") for line in document.splitlines() if line.startswith("kind: "))
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def main(arguments: list[str]) -> int:
    """Writes the file, or says that it is not current; returns the exit code."""
    text = text_of(rendered())
    if "--check" not in arguments:
        PLAIN.write_text(text, encoding="utf-8")
    elif text != PLAIN.read_text(encoding="utf-8"):
        sys.stderr.write(f"{PLAIN} is not what the chart makes. Run: python deploy/render.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
