"""Short turns: asked for where the system knows them, and harmless elsewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cxloop.entry import turns


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux")
def test_a_process_keeps_its_niceness_and_says_whether_it_worked() -> None:
    # in a process of its own: what it changes would stay with the tests
    code = "import os; os.nice(3); from cxloop.entry.turns import take_short_turns as t; print(t(), os.nice(0))"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split()[1] == "3"
    assert ran.stdout.split()[0] in ("True", "False")


def test_an_unknown_machine_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "abacus")

    assert not turns.take_short_turns()
