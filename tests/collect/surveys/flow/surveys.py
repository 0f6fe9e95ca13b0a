"""Surveys and answers to them, drawn by chance: for SurveyJS and for cxloop alike."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

WORDS = ("late", "broken", "fine", "")


@dataclass
class Drawn:
    """A survey, and what is sent for its pages, one after the other."""

    document: dict[str, Any]
    steps: list[tuple[str, dict[str, Any]]]
    variables: dict[str, Any]
    order: list[str]


class Author:
    """Writes a survey of some pages, whose conditions read what was asked before."""

    def __init__(self, random: Random, *, setting: bool) -> None:
        self.random, self.setting = random, setting
        self.asked: list[dict[str, Any]] = []
        self.free = True

    def survey(self) -> dict[str, Any]:
        self.calculated: list[dict[str, Any]] = []
        pages = [self.page(at) for at in range(self.random.randint(1, 4))]
        document: dict[str, Any] = {"pages": pages, "hidden": [{"name": "plan"}]}
        if self.calculated:
            document["calculatedValues"] = self.calculated
        return document

    def page(self, at: int) -> dict[str, Any]:
        page: dict[str, Any] = {"name": f"page{at}"}
        conditions = self.maybe_condition(page, 0.3)
        elements = [self.element(0, conditions) for _ in range(self.random.randint(1, 5))]
        # Conditions of one page may read what stands below them.
        if self.random.random() < 0.4:
            self.random.shuffle(elements)
        page["elements"] = elements
        if self.random.random() < 0.3:
            name = f"sum{len(self.calculated)}"
            numbers = [q["name"] for q in self.asked if q["type"] == "rating"]
            if numbers:
                read = self.random.choice(numbers)
                self.calculated.append({"name": name, "expression": f"{{{read}}} + 1"})
                self.asked.append({"name": name, "type": "sum"})
        return page

    def element(self, depth: int, conditional: bool) -> dict[str, Any]:
        chance = self.random.random()
        if depth < 2 and chance < 0.15:
            panel: dict[str, Any] = {"type": "panel", "name": f"panel{self.random.randint(0, 10**6)}"}
            conditional = self.maybe_condition(panel, 0.5) or conditional
            panel["elements"] = [self.element(depth + 1, conditional) for _ in range(self.random.randint(0, 3))]
            return panel
        if chance < 0.22:
            statement = {"type": "html", "name": f"words{self.random.randint(0, 10**6)}", "html": "Thank you."}
            self.maybe_condition(statement, 0.5)
            return statement
        return self.question(conditional)

    def question(self, conditional: bool) -> dict[str, Any]:
        name = f"q{len(self.asked)}"
        question: dict[str, Any] = self.random.choice(KINDS)(self.random, name)
        inside, conditional = conditional, self.maybe_condition(question, 0.45) or conditional
        if self.random.random() < 0.3:
            question["isRequired"] = True
        elif self.asked and self.random.random() < 0.3:
            question["requiredIf"] = self.condition()
        if self.asked and self.random.random() < 0.2:
            question["title"] = f"Why {{{self.random.choice(self.asked)['name']}}}?"
        if self.setting:
            self.set(question, conditional, inside)
        self.asked.append(question)
        return question

    def set(self, question: dict[str, Any], conditional: bool, inside: bool) -> None:
        # SurveyJS gives a default to what lies in a panel or page that is hidden from the start, and keeps it.
        if self.random.random() < 0.3 and not inside:
            question["defaultValue"] = answer(self.random, question)
        ratings = [each["name"] for each in self.asked if each["type"] == "rating" and "defaultValue" not in each]
        plain = question["type"] == "rating" and "defaultValue" not in question and not conditional
        if ratings and plain and self.random.random() < 0.5:
            if self.random.random() < 0.7:
                question["setValueIf"] = self.condition()
            question["setValueExpression"] = f"{{{self.random.choice(ratings)}}}"

    def maybe_condition(self, element: dict[str, Any], chance: float) -> bool:
        if self.asked and self.random.random() < chance:
            element["visibleIf"] = self.condition()
            return True
        return False

    def condition(self) -> str:
        atoms = [self.atom() for _ in range(self.random.choice((1, 1, 2)))]
        return self.random.choice((" and ", " or ")).join(atoms)

    def atom(self) -> str:
        if self.random.random() < 0.1:
            return self.random.choice(("{plan} = 'gold'", "{plan} empty"))
        question = self.random.choice(self.asked)
        name = question["name"]
        if self.random.random() < 0.25:
            return f"{{{name}}} {self.random.choice(('empty', 'notempty'))}"
        if question["type"] in ("rating", "sum"):
            return f"{{{name}}} {self.random.choice(('<', '>', '>=', '=', '<>'))} {self.random.randint(1, 5)}"
        if question["type"] == "boolean":
            return f"{{{name}}} = {self.random.choice(('true', 'false'))}"
        operator = "contains" if question["type"] == "checkbox" else self.random.choice(("=", "<>"))
        return f"{{{name}}} {operator} '{self.random.choice('abc') if 'choices' in question else 'late'}'"


def rating(random: Random, name: str) -> dict[str, Any]:
    return {"type": "rating", "name": name}


def radiogroup(random: Random, name: str) -> dict[str, Any]:
    return {"type": random.choice(("radiogroup", "dropdown")), "name": name, "choices": list("abc")}


def checkbox(random: Random, name: str) -> dict[str, Any]:
    question = {"type": "checkbox", "name": name, "choices": list("abc")}
    return {**question, "minSelectedChoices": 2} if random.random() < 0.3 else question


def boolean(random: Random, name: str) -> dict[str, Any]:
    return {"type": "boolean", "name": name}


def comment(random: Random, name: str) -> dict[str, Any]:
    return {"type": random.choice(("comment", "text")), "name": name}


KINDS = (rating, rating, radiogroup, checkbox, boolean, comment)


def answer(random: Random, question: dict[str, Any]) -> Any:
    """A value that the question can have."""
    kind = question["type"]
    if kind == "rating":
        return random.randint(1, 5)
    if kind == "checkbox":
        return sorted(random.sample("abc", random.randint(question.get("minSelectedChoices", 1), 3)))
    if kind == "boolean":
        return random.random() < 0.5
    return random.choice("abc") if "choices" in question else random.choice(WORDS[:3])


def draw(random: Random, *, setting: bool) -> Drawn:
    """A survey and answers: page after page, or (without values that are set) back and forth."""
    author = Author(random, setting=setting)
    document = author.survey()
    questions = {q["name"]: q for q in author.asked if q["type"] != "sum"}
    pages = {page["name"]: [n for n in questions if n in names(page)] for page in document["pages"]}
    walk = list(pages) if setting else random.choices(list(pages), k=random.randint(1, 6))
    steps = []
    for page in walk:
        given = {name: answer(random, questions[name]) for name in pages[page] if random.random() < 0.75}
        if not setting:
            given |= {name: None for name in pages[page] if random.random() < 0.1}
        steps.append((page, {name: given[name] for name in pages[page] if name in given}))
    return Drawn(document, steps, {"plan": "gold"} if random.random() < 0.5 else {}, list(questions))


def names(element: dict[str, Any]) -> set[str]:
    """The names of all elements of a page or panel."""
    inner = [element["name"], *(name for each in element.get("elements", ()) for name in names(each))]
    return set(inner)
