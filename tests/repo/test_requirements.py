"""The locked versions: complete, hashed, and what pyproject.toml asks for. No network is needed to know that."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)[^\n]*\\\n((?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
HEAVY = {"duckdb", "pyarrow", "numpy", "scipy", "sqlglot", "altair", "vl_convert", "sqlalchemy", "fastapi", "pandas"}


@pytest.fixture(scope="module")
def project(checkout: Path) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    return content


def pins(path: Path) -> dict[str, set[str]]:
    """Versions by name: a name may have several, for different Pythons."""
    found: dict[str, set[str]] = {}
    for name, version, _ in PIN.findall(path.read_text()):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def asked(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def unmet(requirements: list[Requirement], locked: dict[str, set[str]]) -> list[str]:
    return [
        str(each)
        for each in requirements
        if not any(each.specifier.contains(version) for version in locked.get(canonicalize_name(each.name), ()))
    ]


@pytest.mark.parametrize("name", ["bootstrap", "build", "product", "dev"])
def test_every_locked_version_has_its_hashes(name: str, checkout: Path) -> None:
    path = checkout / "requirements" / f"{name}.txt"

    assert len(PIN.findall(path.read_text())) == len(re.findall(r"^\S+==", path.read_text(), re.MULTILINE)) > 0


def test_the_lock_holds_what_the_project_asks_for(checkout: Path, project: dict[str, Any]) -> None:
    folder = checkout / "requirements"
    product = [Requirement(line) for line in project["dependencies"]]
    notebook = [Requirement(line) for line in project["optional-dependencies"]["notebook"]]

    assert unmet(product, pins(folder / "product.txt")) == []
    assert unmet(product + notebook + asked(folder / "dev.in"), pins(folder / "dev.txt")) == []
    assert unmet(asked(folder / "build.in"), pins(folder / "build.txt")) == []
    assert unmet(asked(folder / "bootstrap.in"), pins(folder / "bootstrap.txt")) == []


def test_development_and_product_run_on_the_same_versions(checkout: Path) -> None:
    product, dev = (pins(checkout / "requirements" / f"{name}.txt") for name in ("product", "dev"))

    assert {name: dev.get(name) for name in product} == product


def test_every_dependency_says_its_reason(checkout: Path) -> None:
    text = (checkout / "pyproject.toml").read_text()
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)

    assert listed is not None
    assert [line for line in listed[1].splitlines() if "#" not in line] == []


def run(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_the_package_and_its_verbs_load_no_heavy_library() -> None:
    loaded = run("import sys, cxloop; from cxloop.runtime import parts; parts.load(); print(*sys.modules)")

    assert loaded & HEAVY == set()
    assert {"cxloop.core.verbs", "cxloop.measure.verbs"} <= loaded


def test_no_module_of_core_loads_a_heavy_library(sources: dict[str, Path]) -> None:
    names = ["cxloop." + where.removesuffix(".py").replace("/", ".") for where in sources if where.startswith("core/")]
    modules = ", ".join(name.removesuffix(".__init__") for name in names)

    assert run(f"import sys; import {modules}; print(*sys.modules)") & HEAVY == set()
