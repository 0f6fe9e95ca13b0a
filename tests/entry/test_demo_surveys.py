"""The simulated company's surveys: live, asked about, answered; and made once."""

from __future__ import annotations

from pathlib import Path

import cxloop as cx
from cxloop.entry.demo import prepare
from cxloop.entry.demo_surveys import DRAFT, PLANNED, add_surveys
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.simulate.world import END

SMALL = {"customers": 600, "months": 3, "seed": 1}


def test_the_companys_surveys_are_live_with_answers_in_the_log_and_made_once(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", SMALL)
    with cx.open(folder.path) as ws:
        listed = {row["survey"]: row for row in ws.collect.surveys().records()}
        everything = ws.measure.nps().records()
        rows = len(ws.measure.survey_rows("relational-nps").records())
        answers = ws.collect.responses("relational-nps").records()

    host = LocalHost(open_workspace(Folder(folder.path)))
    try:
        add_surveys(host, SMALL["customers"], SMALL["seed"])
    finally:
        host.close()
    with cx.open(folder.path) as ws:
        again = {row["survey"]: row for row in ws.collect.surveys().records()}
        same = ws.measure.nps().records()

    assert {name: row["state"] for name, row in listed.items()} == {
        **{planned.name: "live" for planned in PLANNED},
        DRAFT[0]: "draft",
    }
    assert all(int(str(listed[planned.name]["finished"])) >= 5 for planned in PLANNED)
    assert rows == len(answers) > 0
    assert all(row["customer_id"] is not None for row in answers)
    # nothing of the company happens after its last day
    assert all(str(row["started_at"]) < str(END) for row in answers)
    assert (again, same) == (listed, everything)
