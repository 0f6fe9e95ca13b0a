"""Every fault of people and programs that surveys have to stand, against a real `cxloop serve`, with its counts.

Each is held against the records, and at the end against the log, a file for spreadsheets, and what the server has
written of itself. (Faults of sending are benchmarks/faults_sending.py, those of the collector benchmarks/hostile.py.)

Run: python benchmarks/survey_faults.py [FAULT ...]
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import _survey_faults as faults
from benchmarks._survey_people import Place, place

import cxloop
from cxloop.core.spreadsheet import as_csv
from cxloop.engine.query import Query
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace
from cxloop.store.surveys import surveys

FAULTS: dict[str, Callable[[Place], Iterator[faults.Verdict]]] = {
    "double": faults.double_submit,
    "tabs": faults.two_tabs,
    "closed": faults.after_the_end,
    "links": faults.links,
    "forged": faults.forged_answers,
    "texts": faults.long_and_odd_texts,
    "scanners": faults.scanners,
    "quota": faults.the_last_places,
    "moving": faults.devices_and_languages,
    "files": faults.forms_and_files,
    "killed": faults.killed_while_answering,
}
RUN_BY_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r")
FINISHED = Query(
    name="benchmark.survey_finished",
    sql=(
        "select i.response_id as response_id, count(*) as times from interactions i "
        "join event_codes e using (event_code) where i.source = 'surveys' and e.name = 'survey_finished' "
        "group by i.response_id"
    ),
    inputs=("interactions", "event_codes"),
    output={"response_id": "text", "times": "bigint"},
)


def attempt(name: str, on: Place) -> bool:
    """Tries one fault and prints its verdicts; returns whether all held."""
    try:
        held = [told(each, f"{name}: {sentence}") for each, sentence in FAULTS[name](on)]
    except Exception as failure:  # noqa: BLE001 - the other faults are tried all the same
        traceback.print_exc()
        held = [told(False, f"{name}: broke off with {type(failure).__name__}")]
    return all(held)


def told(held: bool, sentence: str) -> bool:
    """Prints a verdict."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}", flush=True)
    return held


def in_the_log(on: Place) -> bool:
    """Holds the log against the records: each finished response once."""
    names = [each.name for each in surveys.every_one(on.store)]
    stored = {each.id for name in names for each in on.stored(name) if each.state == "finished"}
    with cxloop.open(on.folder) as workspace:
        workspace.collect.load()
        quoted = _quoted(workspace) if "odd" in names else True
    opened = open_workspace(Folder(on.folder))
    try:
        rows = {row["response_id"]: row["times"] for row in opened.engine.fetch(FINISHED).to_pylist()}
    finally:
        opened.close()
    twice = sum(times > 1 for times in rows.values())
    whole = told(
        rows.keys() == stored and not twice,
        f"log: {len(stored):,} finished responses in the records, {len(rows):,} in the log, {twice} twice (all, 0)",
    )
    return whole and quoted


def _quoted(workspace: Any) -> bool:
    """Holds words and the file for spreadsheets against what people wrote."""
    texts = {text for _, text in faults.ODD}
    found = {row.text for row in workspace.measure.survey_verbatims("odd", limit=1000).rows}
    sheet = as_csv(workspace.measure.survey_rows("odd"))
    cells = [cell for row in csv.reader(io.StringIO(sheet)) for cell in row]
    run = sum(cell.startswith(RUN_BY_A_SPREADSHEET) for cell in cells)
    return told(
        texts <= found and not run,
        f"words: {len(texts & found)} of {len(texts)} odd texts read back as written; of {len(cells)} cells in a file "
        f"for spreadsheets {run} would be run as a formula (0)",
    )


def unsaid(on: Place) -> bool:
    """Looks for what people wrote, their links and failures in everything that the server has printed."""
    said = on.said()
    words = [text for _, text in faults.ODD if text in said]
    broken = said.count("Traceback")
    return told(
        not words and not broken and "/s/i/i" not in said and "/r/r" not in said,
        f"printed: {len(said):,} characters, {len(words)} answers, {said.count('/s/i/i')} personal links, "
        f"{broken} tracebacks in it (0)",
    )


def main(names: list[str]) -> int:
    """Tries the faults called `names`, or all; returns 1 where one did not hold."""
    for name in names:
        if name not in FAULTS:
            raise SystemExit(f"There is no fault {name!r}. Known: {', '.join(FAULTS)}.")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, place(Path(scratch) / "acme") as on:
        on.server.wait_until_it_answers(90)
        held = [attempt(name, on) for name in names or FAULTS]
        time.sleep(2)
        on.server.stop()
        held += [in_the_log(on), unsaid(on)]
    print(f"  {sum(held)} of {len(held)} kinds of faults held in {time.monotonic() - began:.0f} s")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
