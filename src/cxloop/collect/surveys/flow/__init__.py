"""The logic of a survey as pure functions over its definition and somebody's answers.

`begin` gives the answers that a respondent starts with, `accept` those after each page, and `run` what is seen of them.
"""

from cxloop.collect.surveys.flow.accepting import Accepted, Problem, accept, begin
from cxloop.collect.surveys.flow.moving import (
    Progress,
    closing,
    finished,
    first_page,
    next_page,
    previous_page,
    progress,
    quotas,
)
from cxloop.collect.surveys.flow.showing import (
    Option,
    ShownPage,
    ShownPanel,
    ShownQuestion,
    ShownStatement,
    State,
    live,
    run,
)

__all__ = [
    "Accepted",
    "Option",
    "Problem",
    "Progress",
    "ShownPage",
    "ShownPanel",
    "ShownQuestion",
    "ShownStatement",
    "State",
    "accept",
    "begin",
    "closing",
    "finished",
    "first_page",
    "live",
    "next_page",
    "previous_page",
    "progress",
    "quotas",
    "run",
]
