"""The command line: what a person types, sees and gets as an exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Cxloop

from cxloop.cli.commands import shape
from cxloop.core.loop import PARTS
from cxloop.runtime import parts

LOADED = """
import sys
from cxloop.entry.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_help_names_the_loop_and_the_workspace_commands(cxloop: Cxloop) -> None:
    text = cxloop("--help").stdout

    for name in (*parts.names(), "init", "demo", "serve", "doctor"):
        assert re.search(rf"^  {name}\b", text, re.MULTILINE), name


def test_help_loads_no_part() -> None:
    ran = subprocess.run([sys.executable, "-c", LOADED, "--help"], capture_output=True, text=True, check=True)

    loaded = set(ran.stderr.split())
    assert "Usage" in ran.stdout
    assert not loaded & {f"cxloop.{part}.verbs" for part in PARTS}
    assert not loaded & {"pydantic", "duckdb", "pyarrow", "numpy", "sqlglot", "fastapi", "sqlalchemy", "altair"}


def test_verbs_are_listed_without_heavy_libraries() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, "measure", "nps", "--help"], capture_output=True, text=True, check=True
    )

    assert not set(ran.stderr.split()) & {"duckdb", "pyarrow", "numpy", "sqlglot", "fastapi", "sqlalchemy", "altair"}


def test_every_parameter_of_every_verb_has_a_form_on_the_command_line() -> None:
    for verb in parts.load():
        for item in verb.parameters:
            shape(item.annotation)


def test_every_verb_has_help(cxloop: Cxloop) -> None:
    for verb in parts.load():
        shown = cxloop(verb.part, verb.name.replace("_", "-"), "--help")
        assert shown.exit_code == 0
        # The help is wrapped to the terminal; only the words count.
        assert verb.about in " ".join(shown.stdout.split())


def test_json_is_the_result(cxloop: Cxloop) -> None:
    done = cxloop("measure", "nps", "--by", "channel", "--json")

    body = json.loads(done.stdout)
    assert done.exit_code == 0
    assert body["kind"] == "Estimates"
    assert body["how"]["cli"] == "cxloop measure nps --by channel"


def test_a_person_reads_a_sentence(cxloop: Cxloop) -> None:
    done = cxloop("measure", "nps")

    assert (done.exit_code, done.stdout) == (0, "NPS cannot be said: 0 answers, at least 10 are needed.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("measure", "nps", "--by", "chanel"),
        ("measure", "nps", "--every", "fortnight"),
        ("measure", "nps", "--since", "90"),
        ("measure", "nps", "--where", "channel =="),
        ("measure", "nps", "--no-such-option"),
        ("measure", "nsp"),
        ("mesure", "nps"),
    ],
)
def test_wrong_use_ends_with_two_and_a_message(cxloop: Cxloop, words: tuple[str, ...]) -> None:
    done = cxloop(*words)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "rror" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_formats_at_once_are_wrong_use(cxloop: Cxloop) -> None:
    done = cxloop("measure", "nps", "--json", "--csv")

    assert (done.exit_code, json.loads(done.stderr)["code"]) == (2, "input")


def test_failing_ends_with_one(cxloop: Cxloop, tmp_path: Path) -> None:
    done = cxloop("measure", "nps", "--workspace", str(tmp_path))

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert "cxloop init" in done.stderr


def test_an_error_for_a_program_is_the_error_body(cxloop: Cxloop) -> None:
    done = cxloop("measure", "nps", "--by", "chanel", "--json")

    body = json.loads(done.stderr)
    assert body["code"] == "unknown_name"
    assert 'Did you mean "channel"?' in body["message"]


def test_doctor_speaks_json_and_fails_where_something_is_wrong(cxloop: Cxloop, bare_workspace: Path) -> None:
    fine = cxloop("doctor", "--json")
    (bare_workspace / "cxloop.toml").write_text("[compnay]\n")
    wrong = cxloop("doctor", "--json")

    assert fine.exit_code == 0
    assert json.loads(fine.stdout)["columns"] == ["what", "state", "found", "advice"]
    assert wrong.exit_code == 1


def test_init_makes_a_workspace_that_the_doctor_likes(cxloop: Cxloop, tmp_path: Path) -> None:
    made = cxloop("init", str(tmp_path / "new"), "--template", "shop")
    looked = cxloop("doctor", "-w", str(tmp_path / "new"))

    assert (made.exit_code, looked.exit_code) == (0, 0)


def test_an_error_that_nobody_foresaw_is_one_line(bare_workspace: Path) -> None:
    code = "import sys\nfrom cxloop.entry import cli\ncli.command_line = lambda: 1 / 0\ncli.main()"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: cxloop failed in a way that nobody foresaw (ZeroDivisionError")
    assert "Traceback" not in ran.stderr


def test_completion_knows_the_parts_and_verbs() -> None:
    environment = {
        **os.environ,
        "_CXLOOP_COMPLETE": "complete_bash",
        "COMP_WORDS": "cxloop measure n",
        "COMP_CWORD": "2",
    }

    ran = subprocess.run([sys.executable, "-m", "cxloop"], env=environment, capture_output=True, text=True, check=False)

    assert ran.stdout.split() == ["nps"]
