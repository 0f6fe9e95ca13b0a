"""The source files that the tests of the repository look through."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sources(checkout: Path) -> dict[str, Path]:
    """Python files of the package by their place in it, such as core/time.py."""
    package = checkout / "src" / "cxloop"
    return {path.relative_to(package).as_posix(): path for path in sorted(package.rglob("*.py"))}


@pytest.fixture(scope="session")
def tracked(checkout: Path) -> list[Path]:
    """Every file under version control that is there and is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    paths = [checkout / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]
