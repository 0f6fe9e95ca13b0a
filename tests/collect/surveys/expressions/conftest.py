"""The browser's evaluator and SurveyJS's own, each as a function from cases to what it makes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
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
    """The browser's evaluator as one small file, as a page of a survey loads it."""
    run, npm = programs()
    install(npm, FRONTEND)
    made = tmp_path_factory.mktemp("bundle") / "expressions.mjs"
    build = "require('esbuild').buildSync({entryPoints: [process.argv[1]], outfile: process.argv[2], bundle: true, "
    build += "minify: true, format: 'esm', target: 'es2022'})"
    source = "./src/survey/expressions/index.ts"
    subprocess.run([*run, "-e", build, source, str(made)], cwd=FRONTEND, check=True, capture_output=True)
    return str(made)


@pytest.fixture(scope="session")
def browser(bundle: str) -> Program:
    """The browser's evaluator, run in Node."""
    run, _ = programs()
    return lambda cases: node([*run, str(HERE / "programs" / "ours.mjs"), bundle], cases)
