"""What is old of a table that has no interactions of its own: the one condition by which it is counted and removed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["OLD"]

# Somebody's last word is never old, and neither is their last refusal: a yes after it may expire, and then the refusal
# counts again. Without it, what was refused would be allowed.
_REPLACED = """
    t.occurred_at < $before and exists (
        select 1 from consents as l
        where l.key_id = t.key_id and l.purpose = t.purpose and l.channel is not distinct from t.channel
            and l.occurred_at > t.occurred_at and (t.granted or not l.granted)
    )
"""

OLD: Mapping[str, str] = {
    "traits": "t.occurred_at < $before",
    # read from traits that go, and written alike: what is left is read again
    "matched_records": "t.key_id in (select o.key_id from traits as o where o.occurred_at < $before)",
    "consents": _REPLACED,
    "snapshots": "t.computed_at < $before",
}
"""Table to the condition on its alias `t` under which a row is from before the moment `$before`, and not needed."""
