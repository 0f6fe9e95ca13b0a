"""The numbers of the page on the budget are those that the budget gives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from cxloop.outreach.budget.hours import DAY, Hours, opening
from cxloop.outreach.budget.planning import plan
from cxloop.outreach.budget.values import NOBODYS, REASONS, Clock, Contacts, Rests, Wants, span_of

ROW = re.compile(r"^\| ((?:\d+ in \d+d(?: and )?)+) \| ([\d, ]+) \| (\d+) \| (\d+) \| (\w+) \|$", re.MULTILINE)


def test_the_examples_of_the_page_hold(checkout: Path) -> None:
    page = (checkout / "docs" / "concepts" / "contact-budget.md").read_text()
    rows = ROW.findall(page)

    assert len(rows) == 9
    assert [_goes(*row[:4]) for row in rows] == [row[4] for row in rows]


def _goes(clocks: str, sent: str, wanted: str, latest: str) -> str:
    def whole(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    days = [int(day) * DAY for day in sent.split(",")]
    same = np.zeros(len(days), dtype=np.int64)
    contacts = Contacts(same, whole(*days), same, same + NOBODYS, same, same.astype(bool))
    no = np.array([False])
    nothing = whole(0)
    wants = Wants(
        nothing, whole(int(wanted) * DAY), whole(int(latest) * DAY), nothing, no, nothing, nothing, nothing, no, no,
        nothing, nothing,
    )  # fmt: skip
    told = plan(
        wants,
        contacts,
        Rests.none(),
        [Clock(name, int(name.split()[0]), span_of(name.split()[-1])) for name in clocks.split(" and ")],
        [opening(["UTC"], [Hours()], 0, 100 * DAY)],
    )
    reason = REASONS[int(told.reason[0])]
    return reason or str(int(told.when[0]) // DAY)
