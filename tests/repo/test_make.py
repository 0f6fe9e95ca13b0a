"""The commands that README and CONTRIBUTING promise."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TARGETS = ("demo", "serve", "test", "test-long", "test-spark", "check", "bench", "docs", "lock", "clean")
# Not what a `make test` around this test passes on to its children.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
SCRIPTS = ("scripts/python.sh", "scripts/browser.sh", "scripts/java.sh", "scripts/lock.sh", ".ci/run")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_there_and_says_what_it_does(target: str, checkout: Path) -> None:
    planned, told = (
        subprocess.run(
            ["make", *words], cwd=checkout, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
        )
        for words in (["-n", target], ["help"])
    )

    assert (planned.returncode, planned.stderr) == (0, "")
    assert f"make {target} " in told.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_can_be_run_and_are_read_by_bash(script: str, checkout: Path) -> None:
    path = checkout / script

    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", str(path)], capture_output=True, check=False).returncode == 0


def test_a_python_that_is_too_old_is_refused_with_what_to_do(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "bash").symlink_to("/bin/bash")

    done = subprocess.run(
        ["/bin/bash", str(checkout / "scripts/python.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "Python 3.11 or newer" in done.stderr) == (1, True)


def test_the_last_line_of_ci_is_the_closing_line_of_pytest(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    script.write_text((checkout / ".ci" / "run").read_text())
    (tmp_path / "Makefile").write_text(
        "test:\n\t@echo '=== 1 failed, 2 passed, 1 skipped in 3.21s (0:00:03) ==='; exit 1\ncheck:\n\t@echo checked\n"
    )

    done = subprocess.run(["bash", str(script)], env=ENVIRONMENT, capture_output=True, text=True, check=False)

    assert done.stdout.splitlines()[-2:] == ["checked", "=== 1 failed, 2 passed, 1 skipped in 3.21s (0:00:03) ==="]
    assert done.returncode != 0
