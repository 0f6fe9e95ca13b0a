"""What becomes of messages, told to those who wait for it: invitations are sent, refused or in doubt with theirs."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.collect.surveys.inviting.hearing import hear_of_invitations, hear_of_reminders
from cxloop.outreach.delivery import Listener

__all__ = ["LISTENERS"]

LISTENERS: Mapping[str, Listener] = {"invitation": hear_of_invitations, "reminder": hear_of_reminders}
"""By the kind of record that a message belongs to."""
