"""What people have defined in a workspace of a test that is no test of definitions: nothing."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.defined import Defined
from cxloop.core.errors import UnknownNameError

__all__ = ["NothingDefined"]


class NothingDefined:
    """The part of a workspace that gives definitions, where there are none."""

    def defined(self, kind: str) -> Mapping[str, Defined]:
        """Nothing of any kind."""
        return {}

    def defined_before(self, kind: str, name: str, version: int) -> Defined:
        """Refuses every name."""
        raise UnknownNameError(kind, name, [])
