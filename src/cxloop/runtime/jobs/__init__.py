"""What the process that owns the workspace does by itself: each kind of work says what is due, and does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxloop.runtime.jobs.audiences import Audiences
from cxloop.runtime.jobs.base import Job
from cxloop.runtime.jobs.inviting import Inviting
from cxloop.runtime.jobs.pulls import Pulls
from cxloop.runtime.jobs.reporting import Reporting
from cxloop.runtime.jobs.retention import Retention
from cxloop.runtime.jobs.sending import Sending

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["Audiences", "Inviting", "Job", "Pulls", "Reporting", "Retention", "Sending", "jobs_of"]


def jobs_of(host: LocalHost, stopped: Callable[[], bool]) -> tuple[Job, ...]:
    """Returns the jobs of a workspace.

    Args:
        host: runs verbs in this process.
        stopped: whether the process ends: then nothing new is begun.
    """
    return (Pulls(host), Retention(host), Inviting(host), Reporting(host), Sending(host, stopped), Audiences(host))
