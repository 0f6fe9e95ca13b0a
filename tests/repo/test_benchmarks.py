"""The runner of the benchmarks: a promise without a verdict is broken."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def runner(checkout: Path) -> ModuleType:
    spec = spec_from_file_location("benchmarks_run", checkout / "benchmarks" / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("printed", "code", "held"),
    [
        ("warming up\nPASS  1.2 times (at most 1.5)\n", 0, [True]),
        ("PASS  a\nFAIL  b\n", 1, [True, False]),
        ("PASS  a\n", 1, [True, False]),
        ("Traceback", 1, [False]),
        ("", 0, [False]),
    ],
)
def test_a_promise_holds_only_where_the_benchmark_says_so(
    runner: ModuleType, printed: str, code: int, held: list[bool]
) -> None:
    assert [promise.held for promise in runner.promises("x", printed, code)] == held


def test_an_unknown_benchmark_is_refused_with_the_known_ones(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py", "nonsense"], cwd=checkout, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "Known:" in done.stderr) == (1, True)
