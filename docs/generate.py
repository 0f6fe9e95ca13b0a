"""Writes docs/reference from the code, so that it cannot say anything else: `make docs`, or `--check` to compare only.

Pages are functions in `PAGES`; a new one is added there. The texts around the tables live here too.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from typing import Annotated, Any, Literal, get_args, get_origin

from engines_page import engines_reference
from metrics_pages import metrics_reference, pages_of_metrics
from pydantic import BaseModel

import cxloop
from cxloop.collect.connectors.reference import systems_reference
from cxloop.collect.files import mapping as mapped
from cxloop.core.config import Experience, Settings
from cxloop.core.errors import CxloopError
from cxloop.core.expr import AGGREGATES, FUNCTIONS, Value, quoted
from cxloop.core.expr.values import as_text
from cxloop.core.schema import INCOMING, TABLES, Table
from cxloop.runtime import parts
from cxloop.runtime.reference import reference_markdown, rights_table

REFERENCE = Path(__file__).resolve().parent / "reference"
MADE = "Generated from the code by `make docs`."
WIDTH = "100"


def cell(text: object) -> str:
    """Text for one cell of a table."""
    return " ".join(str(text).split()).replace("|", r"\|")


def row(*cells: object) -> str:
    """One row of a table."""
    return f"| {' | '.join(map(cell, cells))} |"


def table(*head: str) -> list[str]:
    """The head of a table."""
    return [row(*head), "|---" * len(head) + "|"]


def page(*lines: str) -> str:
    """A page that ends in one line break."""
    return "\n".join(lines).rstrip() + "\n"


def verbs() -> str:
    """reference/verbs.md."""
    return reference_markdown(parts.load())


def rights() -> str:
    """reference/rights.md."""
    return rights_table(parts.load())


def cli() -> str:
    """reference/cli.md: what `--help` says, pasted by machine."""
    lines = ["# Command line", "", MADE, "Exit codes: 0 done, 1 failed, 2 wrong use.", ""]
    for words in commands():
        lines += [f"## {' '.join(['cxloop', *words])}", "", "```text", help_of(words), "```", ""]
    return page(*lines)


def commands() -> Iterator[list[str]]:
    """Yields the words of every command, in the order of the help."""
    from cxloop.entry.cli import command_line

    group: Any = command_line()
    yield []
    for name in group.list_commands(None):
        yield [name]
        inner: Any = group.get_command(None, name)
        if hasattr(inner, "list_commands"):
            yield from ([name, each] for each in inner.list_commands(None))


def help_of(words: list[str]) -> str:
    """Returns what `cxloop WORDS --help` prints in a terminal of WIDTH columns without colours."""
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS"):
        os.environ.pop(name, None)
    os.environ.update(COLUMNS=WIDTH, TERMINAL_WIDTH=WIDTH, NO_COLOR="1", TERM="dumb")
    from cxloop.entry.cli import command_line

    with redirect_stdout(StringIO()) as shown:
        command_line()(args=[*words, "--help"], prog_name="cxloop", standalone_mode=False)
    return "\n".join(line.rstrip() for line in shown.getvalue().splitlines()).strip("\n")


def settings() -> str:
    """reference/settings.md: every setting of both files of a workspace."""
    lines = ["# Settings", "", MADE, "All mistakes of a file are shown together; unknown names are mistakes.", ""]
    for title, model in (("cxloop.toml", Settings), ("experience.toml", Experience)):
        lines += [f"## {title}", "", inspect.cleandoc(model.__doc__ or ""), ""]
        for name, field in model.model_fields.items():
            repeated = model is Experience and not is_model(field.annotation)
            lines += setting_section(field.alias or name, field.annotation, repeated=repeated)
    return page(*lines)


def setting_section(name: str, annotation: Any, *, repeated: bool) -> list[str]:
    """One table of a TOML file, or one list of names."""
    model = next((kind for kind in (annotation, *get_args(annotation)) if is_model(kind)), None)
    title = f"[[{name}]]" if repeated else f"[{name}]"
    if model is None:
        return [f"### {name}", "", f'A list of names, such as `{name} = ["web", "store"]`.', ""]
    lines = [f"### {title}", "", sentence(model), ""]
    lines += table("setting", "type", "default", "allowed")
    inner: list[str] = []
    for key, field in model.model_fields.items():
        single = is_model(field.annotation)
        if (single or any(map(is_model, get_args(field.annotation)))) and not repeated:
            inner += setting_section(f"{name}.{key}", field.annotation, repeated=not single)
            continue
        default = "required" if field.is_required() else f"`{toml(field.get_default(call_default_factory=True))}`"
        lines.append(row(f"`{field.alias or key}`", type_name(field.annotation), default, allowed(field)))
    return [*lines, "", *inner]


def sentence(model: type[BaseModel]) -> str:
    """What a table is for: its docstring after the name, as a sentence."""
    about = inspect.cleandoc(model.__doc__ or "").partition(": ")[2]
    return about[:1].upper() + about[1:]


def is_model(kind: Any) -> bool:
    """Whether a type is a table of a TOML file."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def toml(value: Any) -> str:
    """A default as TOML writes it."""
    match value:
        case None:
            return "not set"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case dict():
            return "{}"
    return str(value)


def type_name(annotation: Any) -> str:
    """A type in words."""
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "expression"}
    origin, inner = get_origin(annotation), [each for each in get_args(annotation) if each not in (type(None), ...)]
    if origin is Literal:
        return "one of " + ", ".join(f'"{each}"' for each in inner)
    if origin is Annotated:
        return type_name(inner[0])
    if is_model(annotation):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    found = list(dict.fromkeys(type_name(each) for each in inner))
    if origin is dict:
        return f"table of {' to '.join(found[-1:] if found[0] == 'text' else found)}s by name"
    if origin is tuple:
        return f"list of {found[0]}s" if ... in get_args(annotation) else f"[{', '.join(found * 2)}]"
    return names.get(annotation) or " or ".join(found) or "text"


def allowed(field: Any) -> str:
    """The limits of a setting."""
    signs = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}
    signs |= {"min_length": "at least {} characters", "max_length": "at most {} characters"}
    found = []
    for limit in field.metadata:
        for name, words in signs.items():
            if getattr(limit, name, None) is not None:
                found.append(words.format(getattr(limit, name)))
        if getattr(limit, "pattern", None):
            found.append(f"matches `{limit.pattern}`")
    return ", ".join(found)


MAPPING = """# Mappings

{made}

A mapping says which column of a file becomes which field of the log. `cxloop collect file PATH --suggest` writes a
first one; `--dry-run` shows what it would do. [The first hour](../tutorial/first-hour.md) walks through it.

```toml
source = "shop"
time_zone = "Europe/Berlin"

[[key]]
type = "customer"
value = "customer_id"

[[interaction]]
name = "purchase"
kind = "order"
id = "order_id"
occurred_at = {{ from = "ordered", formats = ["%d.%m.%Y %H:%M"] }}
channel = '"web"'
value = {{ from = "amount", decimal = "," }}
currency = '"EUR"'
objects = {{ order = "order_id" }}
```

* Texts in the place of a value are [expressions](expressions.md) over the columns of the row: `"order_id"` is the
  column, `'"web"'` with quotes inside is the text. Every column of a CSV file is a text; `number(...)` and
  `date(...)` read it.
* One source row may become several interactions: one `[[interaction]]` each, with `when` where not every row has it.
* Several layouts go into one mapping as several `[[table]]`; with only one, its settings may stand at the top.
* All mistakes are shown together. Rows that cannot be taken are kept with their reason, and can be replayed.
"""

ABOUT: Mapping[str, str] = {
    "source": "Where the rows come from; with `id` it makes a row unique for all time.",
    "namespace": "Whose identifiers the keys are; the source unless said otherwise.",
    "time_zone": "Whose clock wrote times that carry no offset.",
    "known_after": "How much later than it happened it could be known, such as 1d; back-tests heed it.",
    "formats": "Accepted formats of times: iso, unix, unix_ms, or as in strptime. The first that fits counts.",
    "gap": "What to do with an hour that clocks skip: reject the row, or shift it by the hour.",
    "ambiguous": "Which one is meant of an hour that clocks repeat.",
    "decimal": "The decimal sign.",
    "missing": "Texts that mean that there is no value.",
    "table": "Files of one layout.",
    "name": "What it is called; the name of an interaction is part of its message id.",
    "files": "Names or patterns of files, within the folder that is imported.",
    "optional": "Whether the files may be absent.",
    "format": "How the files are written, where looking at them is not enough.",
    "where": "Only rows for which this holds.",
    "let": "Names for expressions, to be used further down.",
    "times": "Names for points in time, to be used further down.",
    "lookup": "Columns joined from other files.",
    "key": "Identifiers of the customer; the first one that a row has counts, the others stand beside it.",
    "account": "Identifier of the account or household.",
    "interaction": "What a row becomes.",
    "kind": "What it is: answer, review, order, delivery, call, ...",
    "Files.kind": "How the files are written; found out by looking unless said.",
    "event": "Name of the event, where it is not the interaction's name.",
    "when": "Only rows for which this holds become this interaction.",
    "id": "The source's own id of the row: one value or several. Without it, a hash of the row.",
    "scale": "Lowest and highest value of the scale.",
    "objects": "Orders, tickets, parcels that it is about, by type.",
    "properties": "Everything else that is worth keeping, by name; numbers can be split by it.",
    "traits": "Profile values of the customer told with this row, by name.",
    "promise": "What the customer was promised with it.",
    "consent": "What the customer allowed or forbade with it.",
    "purpose": "What for, as a [[purpose]] of experience.toml declares it.",
    "granted": "A condition: true is a yes, false is a no, and empty says nothing.",
    "wording": "Which version of the text was shown.",
    "evidence": "How it was said: form, call, letter.",
    "ConsentField.channel": "Only for this channel; without it for all.",
    "on": "Which column of this table is which column of those files.",
    "columns": "Which columns to take, and under which name.",
    "take": "Which value counts where several rows match.",
    "from": "The value.",
    "zone": "Time zone of this time, where it differs from the mapping's.",
    "precision": "How exact it is, where that is less than the text says.",
    "what": "What was promised.",
    "due_at": "By when.",
    "type": "What the identifier is: customer, email, phone.",
    "Key.value": "The identifier.",
    "delimiter": "Sign between columns.",
    "quote": "Sign around texts.",
    "encoding": "Encoding of the text, such as utf-8 or latin-1.",
    "header": "Whether the first row holds the names of the columns; without it they are column_1, column_2, ...",
    "sheet": "Sheet of an Excel file; the first unless said otherwise.",
    "skip": "Lines to leave out before the first.",
}


def mapping() -> str:
    """reference/mapping.md: every setting of a mapping."""
    lines = [MAPPING.format(made=MADE)]
    named = "Mapping Table Entry Key TimeField NumberField PromiseField ConsentField Lookup LookupColumn Files"
    models = [getattr(mapped, name) for name in named.split()]
    for model in models:
        lines += [f"## {model.__name__}", "", inspect.cleandoc(model.__doc__ or ""), ""]
        lines += table("setting", "type", "default", "")
        for name, field in model.model_fields.items():
            lines.append(
                row(
                    f"`{field.alias or name}`",
                    type_name(field.annotation),
                    default_of(field),
                    about(model.__name__, field.alias or name),
                )
            )
        lines.append("")
    return page(*lines)


def default_of(field: Any) -> str:
    """The default of a setting of a mapping, as TOML writes it."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default in (None, (), {}) or is_model(type(default)):
        return ""
    return f"`{json.dumps(default)}`" if isinstance(default, tuple) else f"`{toml(default)}`"


def about(model: str, name: str) -> str:
    """What a setting of a mapping is: a column of the log says it itself."""
    return ABOUT.get(f"{model}.{name}") or ABOUT.get(name) or INCOMING.column(name).about


def schema() -> str:
    """reference/schema.md: every table and column with its class of personal data."""
    lines = ["# Tables and columns", "", MADE]
    lines += ["Every column declares its class of personal data; erasure, export and logs follow it.", ""]
    for each in (*TABLES, INCOMING):
        lines += table_section(each)
    return page(*lines)


def table_section(each: Table) -> list[str]:
    """One table."""
    lines = [f"## {each.name}", "", each.about, ""]
    if each.key:
        lines += [f"Key: {', '.join(f'`{name}`' for name in each.key)}.", ""]
    lines += table("column", "type", "always there", "personal data", "")
    for column in each.columns:
        required = "yes" if column.required else ""
        lines.append(row(f"`{column.name}`", column.type, required, column.personal.value, column.about))
    return [*lines, ""]


def errors() -> str:
    """reference/errors.md: the codes that the API, the socket and `--json` give."""
    for module in walk_packages(cxloop.__path__, "cxloop."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)
    lines = ["# Errors", "", MADE]
    lines += ['One error body everywhere: `{"code": ..., "message": ...}`.']
    lines += ["A message names the value, what is allowed and what to do.", ""]
    lines += table("code", "class", "when")
    kinds: set[type[CxloopError]] = {CxloopError, *subclasses(CxloopError)}
    for kind in sorted(kinds, key=lambda kind: (kind.code, kind.__name__)):
        about = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0]
        lines.append(row(f"`{kind.code}`", f"`{kind.__name__}`", about))
    return page(*lines)


def subclasses(kind: type[CxloopError]) -> Iterator[type[CxloopError]]:
    """Yields every class of error under `kind`."""
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


EXPRESSIONS = """# Expressions

{made}

One language serves mappings, the rules of the catalogue, `--where` and every other condition. It runs live on one
event and as SQL on the whole log, with the same meaning.

```text
score >= 9 and channel == "web"
x in ["a", "b"] or not contains(lower(text), "refund")
"late" if days_between(date(promised), date(delivered)) > 0 else "on time"
col("Order date") is not null
```

## Values

| type | written | |
|---|---|---|
| text | `"web"` or `'web'` | A backslash stands for itself, save in `\\\\`, `\\"`, `\\'`, `\\n` and `\\t`. |
| number | `9`, `0.5`, `1e-3` | 64-bit floating point; whole numbers of columns keep their digits in comparisons. |
| boolean | `true`, `false` | |
| date, moment | `date("2026-05-01")`, `moment("2026-05-01 12:30")` | Moments are in UTC. |
| null | `null` | Nothing is known. |

Types are never guessed: a text meets a number only through `number(...)` or `text(...)`, and a mistake is named with
its place before anything runs.

## Operators, from the one that binds last

| operator | |
|---|---|
| `a if condition else b` | `b` also where the condition is null. |
| `or`, `and`, `not` | Three-valued: `null and false` is false, `null or true` is true, otherwise null stays null. |
| `==` `!=` `<` `<=` `>` `>=` | Between values of one type; a date beside a moment is its midnight. Chains work. |
| `x in [...]`, `x not in [...]` | Among constants. |
| `x is null`, `x is not null` | The only comparisons with null: `x == null` is refused. |
| `+` `-` | Numbers only; texts are joined with `concat`. |
| `*` `/` `%` | Division by zero is null; the remainder has the sign of the dividend. |

Null in, null out, for every operator and function, where nothing else is said.

## Names

A plain name is a column of the file, a field of the event or a dimension: the place of use says which. Dots belong to
the name: `properties.colour`. Any other name is quoted: `col("Order date")`.

## Functions

{functions}

Patterns of `matches` are the part of regular expressions that every engine reads alike: letters, `.`, sets such as
`[a-z0-9_]`, `\\d \\w \\s \\b` (ASCII), `^ $`, groups, `|`, and repeats. A repeat inside a repeated group, references
back and look-around are refused.

## Aggregates

In the definition of a [segment](../how-to/segments.md), and nowhere else, aggregates look at everything that happened
to one customer. Inside of one stand names of an interaction, outside of all none. What stands in square brackets may be
left out; `within="60d"` counts what happened in the window of that length that ends now.

{aggregates}

Sums and means are rounded to six decimals. Of interactions at the same microsecond the one with the larger number is
the later one.

## Limits

An expression has at most 4,000 characters, 40 levels and 800 terms; a pattern at most 500 characters and 5 repeats.
A definition of a segment has at most 20 different aggregates.
"""


def constant(value: Value) -> str:
    """A value as the language writes it."""
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else str(as_text(value))


def expressions() -> str:
    """reference/expressions.md."""
    lines = table("function", "gives", "", "example")
    for function in FUNCTIONS.values():
        example = f"`{function.example}` is `{constant(function.result)}`"
        lines.append(row(f"`{function.signature}`", function.gives, function.about, example))
    over = table("aggregate", "gives", "", "example")
    for each in AGGREGATES.values():
        gives = "as its value" if each.gives == "same" else each.gives
        over.append(row(f"`{each.signature}`", gives, each.about, f"`{each.example}`"))
    return page(EXPRESSIONS.format(made=MADE, functions="\n".join(lines), aggregates="\n".join(over)))


def systems() -> str:
    """reference/systems.md."""
    about = "What `cxloop collect connect` can connect, and its settings. [How](../how-to/connect-a-source.md)."
    return page("# Systems", "", MADE, about, "", systems_reference())


PAGES: Mapping[str, Callable[[], str]] = {
    "verbs": verbs,
    "rights": rights,
    "cli": cli,
    "settings": settings,
    "mapping": mapping,
    "schema": schema,
    "errors": errors,
    "expressions": expressions,
    "metrics": lambda: page(metrics_reference()),
    "systems": systems,
    "engines": lambda: page(engines_reference(MADE)),
}


def main(arguments: list[str]) -> int:
    """Writes the pages; with --check compares them, and returns 1 where one is not current."""
    checking = "--check" in arguments
    made = {
        **{name: make() for name, make in PAGES.items()},
        **{name: page(text) for name, text in pages_of_metrics(MADE).items()},
    }
    stale = [path.name for path in (REFERENCE / "metrics").glob("*.md") if f"metrics/{path.stem}" not in made]
    for name in () if checking else stale:
        (REFERENCE / "metrics" / name).unlink()
    for name, content in made.items():
        path = REFERENCE / f"{name}.md"
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            continue
        stale.append(path.name)
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    if checking and stale:
        sys.stderr.write(f"docs/reference is not what the code says: {', '.join(stale)}. Run `make docs`.\n")
        return 1
    sys.stdout.write(f"docs/reference: {'current' if not stale else 'wrote ' + ', '.join(stale)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
