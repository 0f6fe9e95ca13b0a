"""The loop: its seven parts, in order, and the groups of verbs: the parts, and what looks after people and keys.

Apart from the verbs so that help can be shown without loading any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

__all__ = ["GROUPS", "GROUP_ABOUT", "PARTS", "Group", "Part"]

Part = Literal["collect", "unify", "measure", "understand", "anticipate", "act", "improve"]
PARTS: tuple[Part, ...] = get_args(Part)
Group = Literal["collect", "unify", "measure", "understand", "anticipate", "act", "improve", "admin"]
GROUPS: tuple[Group, ...] = get_args(Group)

GROUP_ABOUT: Mapping[Group, str] = {
    "collect": "Bring interactions into the log, and see what came in and what did not.",
    "unify": "Who is who: customers, their keys and their timelines.",
    "measure": "Numbers with their intervals: NPS, CSAT, CES, ratings.",
    "understand": "What customers say, and why numbers move.",
    "anticipate": "What is about to happen: churn, needs, broken promises.",
    "act": "Put it right for one customer: cases, alerts, playbooks.",
    "improve": "Put it right for all: initiatives with a measured effect.",
    "admin": "Who may do and see what: accounts, keys, sessions, and the audit log.",
}
