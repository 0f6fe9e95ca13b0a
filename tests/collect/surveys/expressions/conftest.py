"""The browser's evaluator and SurveyJS's own, each as a function from cases to what it makes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from frontend.build import FRONTEND, install, programs
from tests.collect.surveys.expressions.cases import HERE, Case, node, reference

Program = Callable[[Sequence[Case]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def survey_core() -> Program:
    """SurveyJS itself."""
    command = reference()
    return lambda cases: node(command, cases)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The browser's evaluator with its parser as one small file."""
    return bundled("index.ts", tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def bundle_of_pages(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The browser's evaluator without a parser, as a page of a survey loads it."""
    return bundled("evaluate.ts", tmp_path_factory.mktemp("bundle"))


def bundled(source: str, folder: Path) -> str:
    run, npm = programs()
    install(npm, FRONTEND)
    made = str(folder / "expressions.mjs")
    build = "require('esbuild').buildSync({entryPoints: [process.argv[1]], outfile: process.argv[2], bundle: true, "
    build += "minify: true, format: 'esm', target: 'es2022'})"
    command = [*run, "-e", build, f"./src/survey/expressions/{source}", made]
    subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True)
    return made


@pytest.fixture(scope="session")
def browser(bundle: str) -> Program:
    """The browser's evaluator, run in Node."""
    run, _ = programs()
    return lambda cases: node([*run, str(HERE / "programs" / "ours.mjs"), bundle], cases)
