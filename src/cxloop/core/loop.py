"""The loop: its seven parts, in order. Apart from the verbs so that help can be shown without loading any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["PARTS", "PART_ABOUT", "Part"]

Part = Literal["collect", "unify", "measure", "understand", "anticipate", "act", "improve"]
PARTS: tuple[Part, ...] = get_args(Part)

PART_ABOUT: Mapping[Part, str] = {
    "collect": "Bring interactions into the log, and see what came in and what did not.",
    "unify": "Who is who: customers, their keys and their timelines.",
    "measure": "Numbers with their intervals: NPS, CSAT, CES, ratings.",
    "understand": "What customers say, and why numbers move.",
    "anticipate": "What is about to happen: churn, needs, broken promises.",
    "act": "Put it right for one customer: cases, alerts, playbooks.",
    "improve": "Put it right for all: initiatives with a measured effect.",
}
