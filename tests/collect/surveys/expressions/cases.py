"""The cases that Python, the browser and SurveyJS are held to, and how their file was made.

`python -m tests.collect.surveys.expressions.cases` writes vectors.json anew: what is expected is what SurveyJS says,
but for DIFFERENT, where it is written here, beside what SurveyJS says.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frontend.build import install, programs

from cxloop.collect.surveys.expressions import ExpressionError, evaluate, holds, parse

HERE = Path(__file__).parent
VECTORS = HERE / "vectors.json"
REFERENCE = "survey-core 3.1.1"
OWN = "docs/concepts/survey-expressions.md"
NOW = datetime(2026, 11, 22, 18, 30, 15, tzinfo=UTC)

Case = Mapping[str, Any]

COMPARED: tuple[Any, ...] = (None, 0, 2.5, True, "", "Abc d", "5", "05", " 5 ", [], ["B", "a"])
JOINED: tuple[Any, ...] = (None, 0, 3, "", "Abc", "3", ["a", "B"], [3, 4], [], True)
DATED = ("2026-01-05", "2026-11-22T18:30", "2026-11-22", "2024-02-29", None)
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "and", "or")
WORDS = ("contains", "notcontains", "anyof", "allof", "noneof")
ABOUT_ONE = """!{a} | {a} empty | {a} notempty | {a} = null | {a} = '5' | {a.length} | {a[0]} | {a[-1]} | {#a} = '5'
 | round({a}) | round({a}, 1) | trunc({a}) | min({a}, 3) | max({a}, 3) | count({a}) | iif({a}, 'y', 'n')
 | iif({a} > 2, {a}) | {missing} = {a} | {a} + 0.1 | {A} = 5 | {a}"""
ABOUT_DATES = """age({a}) | age({a}, 'months') | year({a}) | month({a}) | day({a}) | weekday({a}) | getDate({a})
 | getYear({a}) | dateAdd({a}, 1, 'years') | dateAdd({a}, -1, 'months') | dateAdd({a}, 90)
 | dateAdd({a}, 36, 'hours') | dateDiff({a}, '2026-03-01')
 | dateDiff({a}, '2026-03-01', 'months') | dateDiff({a}, '2026-03-01', 'years')
 | dateDiff({a}, '2026-03-01T10:00', 'hours') | diffDays({a}, '2026-03-01') | {a} < today()
 | {a} > today() | today() = {a} | {a} = today() | {a} <= currentDate() | currentDate() >= {a}
 | currentDate() = {a} | max({a}, today())"""
PLAIN = """1 - 2 - 3 | 2 + 3 * 4 | (2 + 3) * 4 | 2 ^ 3 ^ 2 | 10 % 4 * 2 | 7 - -2 | 5 -3 | 0.1 + 0.2
 | 1.1 * 1.1 | 1 / 0 | -7 % 3 | 0x10 | 007 | .5 | 1e5 | 1 = 1 = true | 1 < 2 < 3 | 1 or 0 and 0
 | (1 or 0) and 0 | !0 = 1 | !(0 = 1) | negate(1) = 2 | 'a' + 1 | 1 + 'a' | '5' * '2' | true + 1
 | 'x' - 1 | '' = null | 'It\\'s' = "it\\'s" | 'say \\"x\\"' | 'back\\slash'
 | 'red' anyof ['Red', 'blue'] | ['a', 'b'] allof ['b'] | ['a', 'b'] noneof ['c']
 | ['a', 'b'] = ['b', 'a'] | [1, 2] + [3] | [] = '' | red = 'RED' | 5 >= '5' | 'b' > 'a'
 | 'b' > 'B' | '10' > '9' | '10' > 9 | TRUE | 'true' = true | sum(1, 2.5, '3')
 | sum([1, 2], [3]) | sum() | avg(1, 2) | avg() | min(4, '3', 5) | max('a', 'b') | min()
 | round(2.5) | round(-2.5) | round(1.005, 2) | round(1234.5, -2) | round('x') | trunc(1.99)
 | trunc(-1.99) | trunc(1.987, 2) | iif(1 > 2, 'a') | iif(1 < 2, 'a', 'b') | today() | today(1)
 | today(-30) | currentYear() | year() | weekday() | month()
 | dateAdd('2026-01-31', 1, 'months') | dateAdd('2024-02-29', 1, 'years')
 | dateAdd('2026-05-01', 0) | 1 ) | 1 + | {a | {} | {a} {b} | 'a | and 1 | [1, 2 | 1,2 | = 1
 | 1 == 1 | 1 <> 2 | 1 => 1 | 1 =< 1 | 1 equals 1 | 1 notequals 2 | 2 power 3 | 'ab' *= 'B'
 | 'ab' contain 'c' | 'ab' notcontain 'c' | 1 && 0 | 0 || 2 | 1 LESS 2 | 2 GreaterOrEqual 2
 | 1 lessorequal 0 | 2 greater 1 | 1 equal 1 | 1 notequal 1"""
NESTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("{panel[0].why} = 'late'", {"panel": [{"why": "Late"}]}),
    ("{panel[1].why} empty", {"panel": [{"why": "Late"}]}),
    ("{panel[-1].Why}", {"panel": [{"why": "early"}, {"why": "late"}]}),
    ("{panel.length} > 1", {"panel": [{}, {}]}),
    ("{nothing.length} = 0", {}),
    ("{matrix.row1.col}", {"matrix": {"row1": {"col": 3}}}),
    ("{matrix.row 1}", {"matrix": {"row 1": "yes"}}),
    ("{a.b}", {"a.b": 1, "a": {"b": 2}}),
    ("{nps-Comment} notempty", {"nps-Comment": "because"}),
    ("{#zip} = '05'", {"zip": "05"}),
    ("{#code} + 1", {"code": "5"}),
    ("{code} + 1", {"code": "5"}),
    ("{q} = {r}", {"q": {"x": 1, "y": "A"}, "r": {"y": "a", "x": "1"}}),
    ("{q} empty", {"q": {"x": None}}),
    ("{nps} <= 6 and {why} notempty or {vip} = true", {"nps": 7, "vip": "true"}),
    ("{nps} >= 9", {"nps": "10"}),
    ("{tools} contains 'b' and {tools} notcontains 'c'", {"tools": ["A", "B"]}),
    ("{tools} = ['b', 'a']", {"tools": ["a", "b"]}),
    ("{price} * {count}", {"price": 19.99, "count": "3"}),
)
DIFFERENT: tuple[tuple[str, dict[str, Any], Any], ...] = (
    ("mentions({a}, 'late', 'broken')", {"a": "It came LATE."}, True),
    ("mentions({a}, 'late')", {"a": "Later is fine"}, False),
    ("mentions({a}, 'cafe', 'too slow')", {"a": "Das Café: far too\nslow"}, True),
    ("mentions({a}, ['wait', 'queue'])", {"a": ["long", "Queue!"]}, True),
    ("mentions({a}, '', '?')", {"a": "anything?"}, False),
    ("mentions({a}, 'null')", {}, False),
    ("not ({a} = 1)", {"a": 2}, True),
    ("({a} + 1) notempty", {"a": 2}, True),
    ("count ({a}) = 1", {"a": 2}, True),
    ("{ a } = 1", {"a": 1}, True),
    ('{a} = "it\'s"', {"a": "It's"}, True),
    ("{a} = 'x=>y'", {"a": "x=>y"}, True),
    ("sum(null, 1)", {}, 1),
    ("sum('a', 1)", {}, 1),
    ("avg('a', 2)", {}, 2),
    ("[5] + 3", {}, 8),
    ("age('soon')", {}, None),
    ("age('2026-11-20', 'days')", {}, 2),
    ("dateDiff('2026-01-01', '2026-03-01', 'weeks')", {}, None),
    ("year('5/1/2024')", {}, None),
    ("'' <= today()", {}, False),
    ("'On ' + today()", {}, "On 2026-11-22"),
    ("{a} = 'undefined'", {}, False),
    ('{"a": 1} notempty', {}, False),
    ("[] empty", {}, True),
    ("(1 = 1", {}, ExpressionError),
    ("sum(1", {}, ExpressionError),
    ("{a} contains", {"a": 1}, ExpressionError),
    ("nosuch({a})", {"a": 1}, ExpressionError),
    ("iif({a})", {"a": 1}, ExpressionError),
    ("{a} = empty", {"a": "empty"}, ExpressionError),
    ("{$a.isVisible}", {"a": 1}, ExpressionError),
    ("displayValue('a')", {"a": 1}, ExpressionError),
)
"""Expressions that mean something else here on purpose; OWN says why."""


def cases() -> Iterator[Case]:
    """Yields every case that SurveyJS decides."""
    for words, values in ((OPERATORS, COMPARED), (WORDS, JOINED)):
        for word in words:
            for left in values:
                for right in values:
                    yield {"expression": f"{{a}} {word} {{b}}", "values": {"a": left, "b": right}}
    for expressions, each in ((ABOUT_ONE, COMPARED), (ABOUT_DATES, DATED)):
        for expression in expressions.split(" | "):
            yield from ({"expression": expression.strip(), "values": {"a": value}} for value in each)
    yield from ({"expression": expression.strip(), "values": {}} for expression in PLAIN.split(" | "))
    yield from ({"expression": expression, "values": values} for expression, values in NESTED)


def said(value: Any) -> Any:
    """Returns a value as the file writes it."""
    if isinstance(value, list):
        return [said(item) for item in value]
    return {"$date": value.isoformat(timespec="seconds")} if isinstance(value, datetime) else value


def ours(case: Case) -> dict[str, Any]:
    """Returns what Python makes of a case."""
    try:
        expression = parse(case["expression"])
    except ExpressionError:
        return {"reads": False}
    value = said(evaluate(expression, case["values"], now=NOW))
    return {"reads": True, "value": value, "holds": holds(expression, case["values"], now=NOW)}


def node(command: Sequence[str], given: Sequence[Case]) -> list[dict[str, Any]]:
    """Returns what a program makes of cases."""
    told = json.dumps({"now": NOW.isoformat(), "cases": [*given]})
    # what SurveyJS takes for midnight depends on the machine's zone
    run = subprocess.run(["env", "TZ=UTC", *command], input=told, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    results: list[dict[str, Any]] = json.loads(run.stdout)
    return results


def reference() -> list[str]:
    """Returns the command that runs SurveyJS, which is installed as the lock says."""
    run, npm = programs()
    install(npm, HERE)
    return [*run, str(HERE / "programs" / "reference.mjs")]


def same(one: Any, other: Any) -> bool:
    """Whether two values are one, floats but for their last digits."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 1e-12 * max(abs(one), abs(other))
    return bool(one == other)


def agree(one: Case, other: Case) -> bool:
    """Whether two programs made the same of a case; where neither reads it, nothing else counts."""
    if not one["reads"] or not other["reads"]:
        return one["reads"] is other["reads"]
    return same(one["value"], other["value"]) and bool(one["holds"] == other["holds"])


def vectors() -> list[dict[str, Any]]:
    """Returns the cases in the file."""
    read: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return read


def _write() -> None:
    given = [dict(case) for case in cases()]
    made = [
        {**case, "expected": result if result["reads"] else {"reads": False}, "source": REFERENCE}
        for case, result in zip(given, node(reference(), given), strict=True)
    ]
    apart = [{"expression": expression, "values": values} for expression, values, _ in DIFFERENT]
    for case, (*_, value), theirs in zip(apart, DIFFERENT, node(reference(), apart), strict=True):
        read = {"reads": True, "value": value, "holds": value is True or value == 1}
        expected = {"reads": False} if value is ExpressionError else read
        made.append({**case, "expected": expected, "source": OWN, "survey_core": theirs})
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in made)
    VECTORS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
