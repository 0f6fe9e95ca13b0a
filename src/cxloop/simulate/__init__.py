"""A seeded company with known truths: what every method of cxloop is checked against.

    from cxloop import simulate
    company = simulate.company(customers=50_000, months=24, seed=7)
    company.write(Path("acme"))

`company` is imported when it is first asked for, so that `import cxloop.simulate` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxloop.simulate.companies import Company, company

__all__ = ["Company", "company"]


def __getattr__(name: str) -> Any:
    # Arrow and numpy take half a second to import; whoever only lists the packages should not wait for them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cxloop.simulate import companies

    return getattr(companies, name)
