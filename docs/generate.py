"""Writes docs/reference from the code, so that it cannot say anything else: `make docs`, or `--check` to compare only.

Pages are functions in `PAGES`; a new one is added there. The texts around the tables live here too, because they
explain what the tables hold.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

import cxloop
from cxloop.core.config import Experience, Settings
from cxloop.core.errors import CxloopError
from cxloop.core.expr import FUNCTIONS, Value
from cxloop.core.expr.values import as_text
from cxloop.core.schema import INCOMING, TABLES, Table
from cxloop.measure.reference import metrics_reference
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
            lines += setting_section(field.alias or name, field.annotation, repeated=model is Experience)
    return page(*lines)


def setting_section(name: str, annotation: Any, *, repeated: bool) -> list[str]:
    """One table of a TOML file, or one list of names."""
    model = next((kind for kind in (annotation, *get_args(annotation)) if is_model(kind)), None)
    title = f"[[{name}]]" if repeated else f"[{name}]"
    if model is None:
        return [f"### {name}", "", f'A list of names, such as `{name} = ["web", "store"]`.', ""]
    lines = [f"### {title}", "", sentence(model), ""]
    lines += table("setting", "type", "default", "allowed")
    for key, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{toml(field.get_default(call_default_factory=True))}`"
        lines.append(row(f"`{field.alias or key}`", type_name(field.annotation), default, allowed(field)))
    return [*lines, ""]


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
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): ""}
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f'"{each}"' for each in get_args(annotation))
    inner = [type_name(each) for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) is dict:
        return "table of " + " to ".join(inner)
    return names.get(annotation) or (inner[0] if inner else "text")


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

## Limits

An expression has at most 4,000 characters, 40 levels and 800 terms; a pattern at most 500 characters and 5 repeats.
"""


def constant(value: Value) -> str:
    """A value as the language writes it."""
    if isinstance(value, str):
        return f'"{value}"'
    return "null" if value is None else str(as_text(value))


def expressions() -> str:
    """reference/expressions.md."""
    lines = table("function", "gives", "", "example")
    for function in FUNCTIONS.values():
        example = f"`{function.example}` is `{constant(function.result)}`"
        lines.append(row(f"`{function.signature}`", function.gives, function.about, example))
    return page(EXPRESSIONS.format(made=MADE, functions="\n".join(lines)))


def metrics() -> str:
    """reference/metrics.md."""
    return page(metrics_reference())


PAGES: Mapping[str, Callable[[], str]] = {
    "verbs": verbs,
    "rights": rights,
    "cli": cli,
    "settings": settings,
    "schema": schema,
    "errors": errors,
    "expressions": expressions,
    "metrics": metrics,
}


def main(arguments: list[str]) -> int:
    """Writes the pages; with --check compares them, and returns 1 where one is not current."""
    checking = "--check" in arguments
    stale = []
    for name, make in PAGES.items():
        path, content = REFERENCE / f"{name}.md", make()
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
