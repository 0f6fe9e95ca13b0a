"""Turns: short ones are asked for where the system knows them; who gives way takes no session of others along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cxloop.entry import turns


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux")
def test_a_process_keeps_its_niceness_and_says_whether_it_worked() -> None:
    # in a process of its own: what it changes would stay with the tests
    turn = "from cxloop.entry.turns import take_short_turns as t"
    code = f"import os; own = os.nice(3); {turn}; print(t(), os.nice(0) - own)"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split()[1] == "0"
    assert ran.stdout.split()[0] in ("True", "False")


def test_an_unknown_machine_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "abacus")

    assert not turns.take_short_turns()


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="a way of Linux to weigh sessions")
@pytest.mark.parametrize("own_session", [True, False])
def test_whoever_gives_way_takes_its_own_session_along_and_no_other(own_session: bool) -> None:
    code = (
        "import json, os; from pathlib import Path; from cxloop.entry.turns import give_way\n"
        "before = Path('/proc/self/autogroup').read_text()\n"
        "give_way(7)\n"
        "print(json.dumps([os.nice(0), before, Path('/proc/self/autogroup').read_text()]))"
    )
    command = [sys.executable, "-c", code]

    ran = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=own_session)

    nice, before, after = json.loads(ran.stdout)
    assert nice >= 7
    if own_session and before:  # empty where this system weighs no sessions
        assert after.split()[-1] == "7"
    else:
        assert after == before
