"""The guarded door of every verb, with a fixed cast."""

from __future__ import annotations

import pytest

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import LOCAL, Actor, Role, require
from cxloop.core.results import Records
from cxloop.core.verbs import Registry, Right, Verb, verb


def a_verb(right: Right, *, personal: bool) -> Verb:
    registry = Registry()

    @verb(part="act", right=right, personal=personal, into=registry)
    def something(ws: object) -> Records:
        """Do something."""
        return Records("", (), ())

    return registry.get("act.something")


@pytest.mark.parametrize(
    ("role", "right", "personal", "allowed"),
    [
        ("owner", "read", True, True),
        ("owner", "admin", False, True),
        ("analyst", "read", True, True),
        ("analyst", "write", False, True),
        ("analyst", "admin", False, False),
        ("analyst", "serve", True, True),
        ("agent", "serve", True, True),
        ("agent", "write", False, False),
        ("viewer", "serve", False, False),
        ("viewer", "read", False, True),
        ("viewer", "read", True, False),
        ("viewer", "write", False, False),
        ("viewer", "admin", False, False),
    ],
)
def test_a_role_may_what_the_table_of_rights_says(role: Role, right: Right, personal: bool, allowed: bool) -> None:
    asked = a_verb(right, personal=personal)
    actor = Actor(1, "somebody", role)

    assert actor.may(asked) is allowed
    if not allowed:
        with pytest.raises(AccessDeniedError, match=f"your role is {role}"):
            require(actor, asked)


@pytest.mark.parametrize("role", ["analyst", "agent", "viewer"])
def test_a_read_key_serves_nobody_whatever_its_role(role: Role) -> None:
    key = Actor(1, "a key", role, key_id=7)

    assert not key.may(a_verb("serve", personal=False))
    assert key.may(a_verb("read", personal=False))


def test_the_person_at_the_machine_is_an_owner() -> None:
    asked = a_verb("admin", personal=True)

    require(LOCAL, asked)

    assert LOCAL.may(asked)
    assert LOCAL.role == "owner"
