"""Documentation that cannot grow old: complete, current, linked, and its examples run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cxloop
from cxloop.collect.files.mapping import Entry, Files, Key, Lookup, Mapping, NumberField, Table, TimeField
from cxloop.core.config import Experience, Settings, load_experience
from cxloop.core.errors import CxloopError
from cxloop.core.expr import AGGREGATES, FUNCTIONS
from cxloop.core.schema import INCOMING, TABLES
from cxloop.measure.metrics import METRICS
from cxloop.runtime import parts

MODELS = (Mapping, Table, Entry, Key, TimeField, NumberField, Lookup, Files)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")


@pytest.fixture(scope="module")
def pages(checkout: Path) -> dict[str, str]:
    """Every page by its place in the checkout."""
    paths = [*checkout.glob("*.md"), *(checkout / "docs").rglob("*.md")]
    return {path.relative_to(checkout).as_posix(): path.read_text() for path in sorted(paths)}


def slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    return {slug(line.lstrip("#")) for line in FENCE.sub("", text).splitlines() if line.startswith("#")}


def broken_links(checkout: Path, place: str, pages: dict[str, str]) -> list[str]:
    found = []
    for target in LINK.findall(CODE.sub("", FENCE.sub("", pages[place]))):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (checkout / place).parent / name if name else checkout / place
        there = path.resolve().relative_to(checkout).as_posix() if path.exists() else None
        if there is None or (anchor and anchor not in anchors(pages.get(there, ""))):
            found.append(f"{place}: {target}")
    return found


def test_every_link_leads_somewhere(checkout: Path, pages: dict[str, str]) -> None:
    assert [each for place in pages for each in broken_links(checkout, place, pages)] == []


def test_every_page_can_be_reached_from_the_index(checkout: Path, pages: dict[str, str]) -> None:
    reached, waiting = set[str](), ["docs/index.md"]
    while waiting:
        place = waiting.pop()
        reached.add(place)
        for target in LINK.findall(pages[place]):
            path = ((checkout / place).parent / target.partition("#")[0]).resolve()
            there = path.relative_to(checkout).as_posix() if path.is_relative_to(checkout) else ""
            if there in pages and there not in reached:
                waiting.append(there)

    assert {place for place in pages if place.startswith("docs/")} - reached == set()


def test_the_reference_is_what_the_code_says(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=checkout, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_every_name_is_in_the_reference(pages: dict[str, str]) -> None:
    columns = [column for table in (*TABLES, INCOMING) for column in table.names]
    named = {
        "verbs": [verb.path for verb in parts.load()],
        "rights": [verb.path for verb in parts.load()],
        "mapping": [field.alias or name for kind in MODELS for name, field in kind.model_fields.items()],
        "schema": [*(table.name for table in TABLES), *columns],
        "expressions": [*FUNCTIONS, *AGGREGATES],
        "metrics": [metric.label for metric in METRICS],
        "errors": [kind.code for kind in CxloopError.__subclasses__()],
        "settings": [
            field.alias or name for model in (Settings, Experience) for name, field in model.model_fields.items()
        ],
        "cli": [f"cxloop {verb.part} {verb.name.replace('_', '-')}" for verb in parts.load()],
    }

    missing = {
        page: [name for name in names if name not in pages[f"docs/reference/{page}.md"]]
        for page, names in named.items()
    }

    assert {page: names for page, names in missing.items() if names} == {}


def test_python_and_toml_in_the_pages_can_be_read(pages: dict[str, str], tmp_path: Path) -> None:
    read = {"python": 0, "toml": 0}
    for place, text in pages.items():
        for language, body in FENCE.findall(text):
            if language == "python":
                ast.parse(body, filename=place)
            elif language == "toml":
                tomllib.loads(body)
            read[language] = read.get(language, 0) + 1

    assert read["python"] > 3
    assert read["toml"] > 1


def test_the_example_of_touchpoints_is_a_catalogue(pages: dict[str, str], tmp_path: Path) -> None:
    body = next(body for language, body in FENCE.findall(pages["docs/how-to/touchpoints.md"]) if language == "toml")
    path = tmp_path / "experience.toml"
    path.write_text(body)

    assert load_experience(path).touchpoint[0].name == "checkout"


@pytest.mark.parametrize("of", ["of the demo", "of a folder of their own"])
def test_the_examples_of_the_pages_run(checkout: Path, pages: dict[str, str], of: str) -> None:
    with_demo = [place for place, text in pages.items() if "<!-- run: demo" in text]
    others = [place for place, text in pages.items() if "<!-- run" in text and place not in with_demo]

    done = subprocess.run(
        [sys.executable, "docs/examples.py", *(with_demo if of == "of the demo" else others)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_changelog_tells_of_this_version(pages: dict[str, str]) -> None:
    assert f"## {cxloop.__version__}" in pages["CHANGELOG.md"]
