"""The readable answer to an access request: one page that needs nothing else, to read, to print and to send.

Every value is escaped: the words of customers are data, and never markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from cxloop.core.wording import MONTHS, many

if TYPE_CHECKING:
    from cxloop.unify.privacy.access import Collected, Part

__all__ = ["page"]

_STYLE = """
:root{--paper:#faf9f6;--surface:#fff;--sunken:#f2f0ea;--line:#e2ded4;--ink:#1d1c1a;--ink-2:#57534a;--ink-3:#857f73;
--accent:#0b6e69;color-scheme:light}
@media (prefers-color-scheme:dark){:root{--paper:#151513;--surface:#1d1c1a;--sunken:#24231f;--line:#34322d;
--ink:#f0ede6;--ink-2:#bab4a6;--ink-3:#8f897c;--accent:#5cc3b6;color-scheme:dark}}
*{box-sizing:border-box;margin:0}
body{background:var(--paper);color:var(--ink);font:400 .9375rem/1.5 Inter,ui-sans-serif,system-ui,sans-serif;
padding:32px 16px 48px}
main{max-width:860px;margin:0 auto}
h1{font-size:1.5rem;font-weight:600;letter-spacing:-.015em;line-height:1.3;margin-bottom:8px}
h2{font-size:1.125rem;font-weight:600;margin:32px 0 4px}
p{color:var(--ink-2);max-width:66ch}
small,.quiet{color:var(--ink-3);font-size:.8125rem}
ul{list-style:none;padding:0;margin-top:12px}
.rows>li{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:12px 16px;margin-top:8px;
break-inside:avoid}
dl{display:grid;grid-template-columns:minmax(110px,max-content) minmax(0,1fr);gap:2px 16px}
dt{color:var(--ink-3);font-size:.8125rem}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
nav li{display:flex;justify-content:space-between;border-top:1px solid var(--line);padding:6px 0;gap:16px}
nav a{color:var(--accent);text-decoration:none}
.none{color:var(--ink-3)}
@media (max-width:520px){dl{grid-template-columns:minmax(0,1fr)}dt{margin-top:6px}}
@media print{body{background:#fff;color:#000;padding:0}.rows>li{border-color:#999}nav a{color:inherit}}
""".strip()
_FIRST = ("keys", "traits", "consents", "interactions", "promises", "interaction_objects")
"""What people ask for first."""
_INTERNAL = frozenset({"interaction_id", "content_hash", "batch", "event_code", "ordinal", "key_id", "changed"})
"""Numbers that mean something inside only; they stand in the machine-readable file."""


def page(found: Collected) -> str:
    """Returns the page."""
    title = f"What {found.company} holds about you"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f"<p>For {escape(found.label)}, customer {found.customer_id}, as of {_moment(found.made_at)} (UTC).</p>",
            "<p>Internal numbers are left out on this page; they stand in the file for programs.</p>",
            *_contents(found),
            *(line for part in _ordered(found) for line in _part(part)),
            "<h2>What is not in here</h2><ul>",
            *(f"<li>{escape(text)}</li>" for text in found.left_out),
            "</ul></main></body></html>",
        ]
    )


def _ordered(found: Collected) -> list[Part]:
    places = {name: place for place, name in enumerate(_FIRST)}
    return sorted(found.parts, key=lambda part: places.get(part.name, len(places)))


def _contents(found: Collected) -> Iterator[str]:
    yield '<nav aria-label="Contents"><ul>'
    for part in _ordered(found):
        title = f'<a href="#{part.name}">{escape(_title(part.name))}</a>' if part.rows else escape(_title(part.name))
        said = many(len(part.rows), "row") if part.rows else "nothing"
        yield f'<li class="{"" if part.rows else "none"}"><span>{title}</span><span class="quiet">{said}</span></li>'
    yield "</ul></nav>"


def _part(part: Part) -> Iterator[str]:
    if not part.rows:
        return
    about = {field.name: field.about for field in part.fields}
    yield f'<section id="{part.name}"><h2>{escape(_title(part.name))}</h2><p>{escape(part.about)}</p><ul class="rows">'
    for row in part.rows:
        yield f"<li><dl>{''.join(_row(row, about))}</dl></li>"
    yield "</ul></section>"


def _row(row: Mapping[str, Any], about: Mapping[str, str]) -> Iterator[str]:
    for name, value in row.items():
        if value is not None and name not in _INTERNAL:
            told = escape(_text(value))
            yield f'<dt title="{escape(about.get(name, ""), quote=True)}">{escape(_title(name))}</dt><dd>{told}</dd>'


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _moment(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"
