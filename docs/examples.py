"""Runs the examples of the documentation, so that none of them grows old: `python docs/examples.py [--update] PAGE...`.

A block runs where a comment stands before it: `<!-- run -->`. Blocks of a page run in order in one empty folder;
`<!-- run: demo -->` finds a small simulated workspace there, called demo. With `output` in the comment, what stands
under each `$ command` must be what it prints (`...` stands for anything in a line), and --update writes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"<!-- run(?P<words>[^>]*) -->\n```(?P<language>console|python)\n(?P<body>.*?)```", re.DOTALL)
DEMO = ["demo", "demo", "--customers", "2000", "--months", "12", "--no-serve"]
SECONDS = 300


class ExampleError(Exception):
    """An example failed, or printed something else than the page says."""


@dataclass
class Place:
    """Where the examples of one page run: its folder, the current folder of its commands, and its Python so far."""

    root: Path
    here: Path
    python: str = ""

    def environment(self) -> dict[str, str]:
        """The environment of a reader: cxloop on PATH, a plain terminal of 80 columns."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if name != "CXLOOP_WORKSPACE"}
        return {**kept, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC"}


def run(command: list[str], place: Place, folder: Path) -> str:
    """Runs a command and returns what it printed; raises ExampleError where it failed."""
    done = subprocess.run(  # noqa: S603 - the commands stand in our own pages
        command,
        cwd=folder,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise ExampleError(f"{command[-1]}\nfailed with {done.returncode}:\n{done.stdout}")
    return done.stdout


def console(body: str, place: Place, *, checked: bool, update: bool) -> str:
    """Runs the commands of a block and returns the block as it should read."""
    lines = []
    for command, said in steps(body):
        state = place.root / ".here"
        script = f"set -eo pipefail\n{command}\necho \"$PWD\" > '{state}'"
        printed = run(["bash", "-c", script], place, place.here)
        place.here = Path(state.read_text().strip())
        shown = settled(printed, place)
        if checked and not update and not fits(said, shown):
            raise ExampleError(f"$ {command}\nThe page says:\n{said}\nbut it prints:\n{shown}")
        kept = said if not checked or fits(said, shown) else shown
        lines.append(f"$ {command}\n{kept}")
    return "".join(lines)


def settled(printed: str, place: Place) -> str:
    """Returns an output without what differs from run to run: the folder, how long it took, spaces at the ends."""
    text = printed.replace(str(place.root), "/home/you")
    text = re.sub(r"in [0-9.]+ s \([0-9,]+ rows a second\)", "in ... s (... rows a second)", text)
    lines = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return f"{lines}\n" if lines else ""


def steps(body: str) -> Iterator[tuple[str, str]]:
    """Yields each command with the output that the page shows for it."""
    for step in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, said = step.partition("\n")
        while command.endswith("\\"):
            more, _, said = said.partition("\n")
            command += "\n" + more
        yield command, said


def fits(said: str, shown: str) -> bool:
    """Whether an output is what a page says."""
    pattern = "".join(re.escape(part) if part != "..." else ".*" for part in re.split(r"(\.\.\.)", said.strip()))
    return re.fullmatch(pattern, shown.strip()) is not None


def python(body: str, place: Place) -> str:
    """Runs a block after the earlier ones of its page, in the folder where the commands have led."""
    place.python += body
    run([sys.executable, "-c", place.python], place, place.here)
    return body


def run_page(path: Path, demo: Path, *, update: bool) -> None:
    """Runs every marked block of a page; raises ExampleError at the first that fails."""
    text = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="cxloop-docs-") as folder:
        place = Place(root=Path(folder), here=Path(folder))
        made = text
        for block in BLOCK.finditer(text):
            if "demo" in block["words"] and not (place.root / "demo").exists():
                shutil.copytree(demo_workspace(demo, place), place.root / "demo")
            if block["language"] == "python":
                python(block["body"], place)
                continue
            body = console(block["body"], place, checked="output" in block["words"], update=update)
            made = made.replace(block["body"], body)
    if update and made != text:
        path.write_text(made, encoding="utf-8")


def demo_workspace(demo: Path, place: Place) -> Path:
    """Returns the simulated workspace that pages share, made at its first use."""
    if not (demo / "demo").exists():
        run([sys.executable, "-m", "cxloop", *DEMO], place, demo)
    return demo / "demo"


def main(arguments: list[str]) -> int:
    """Runs the pages; returns 1 where an example failed."""
    pages = [Path(name) for name in arguments if not name.startswith("--")]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cxloop-demo-") as demo:
        for path in pages:
            try:
                run_page(path, Path(demo), update="--update" in arguments)
            except ExampleError as failure:
                failed = 1
                sys.stderr.write(f"{path}: {failure}\n")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
