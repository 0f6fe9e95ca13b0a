"""A page of a survey as HTML, and the page that says something in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from cxloop.collect.surveys.checking import spoken
from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.definition.questions import File, Ranking, Several
from cxloop.collect.surveys.flow import (
    Problem,
    ShownPage,
    ShownPanel,
    ShownQuestion,
    ShownStatement,
    live,
    previous_page,
    progress,
)
from cxloop.collect.surveys.flow.browser import for_page
from cxloop.collect.surveys.flow.showing import shown_questions
from cxloop.collect.surveys.pages import theme, words
from cxloop.collect.surveys.pages.cleaning import clean
from cxloop.collect.surveys.pages.drawing import ENVIRONMENT
from cxloop.collect.surveys.responding.values import MOST_FILE_BYTES, digest
from cxloop.collect.surveys.settings import SurveySettings, Theme

__all__ = ["Assets", "Screen", "Told", "draw", "hint", "safe_json", "tell"]


@dataclass(frozen=True, slots=True)
class Assets:
    """The addresses of style sheet and script; their content is in their names."""

    css: str = "/s/-/survey.css"
    js: str = ""


@dataclass(frozen=True)
class Screen:
    """One page to be drawn for one person.

    Attributes:
        page: its name.
        answers: what is stored.
        preset: answers that a link in a mail proposes: shown, not stored.
        given: what was sent and could not be kept, to be seen again.
        problems: why.
        action: where the form goes.
        at: when it was drawn, in milliseconds since 1970; how long a page was looked at follows from it.
    """

    survey: str
    definition: Definition
    settings: SurveySettings
    page: str
    answers: Mapping[str, Any]
    language: str
    seed: int
    now: datetime
    action: str
    at: str = ""
    revision: int = 0
    mode: str = "page"
    notice: str = ""
    preset: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    assets: Assets = Assets()

    @cached_property
    def own(self) -> str:
        """The language of the survey's texts without a language."""
        return self.definition.own_language


@dataclass(frozen=True, slots=True)
class Told:
    """A page that says something in words: where a survey ends, or why it cannot be answered.

    Attributes:
        code: what it says, for a machine and the tests.
        paragraphs: its sentences.
        html: the survey's own words, with tags.
        resume: an address to come back by.
        home: an address to go on at.
    """

    code: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    html: str = ""
    resume: str = ""
    home: str = ""


def tell(told: Told, language: str, look: Theme | None = None, assets: Assets | None = None, mode: str = "page") -> str:
    """Returns a page that says something."""
    look = look or Theme()
    return ENVIRONMENT.get_template("told.html").render(
        code=told.code,
        heading=told.heading,
        title=look.name or "",
        paragraphs=told.paragraphs,
        html=clean(told.html),
        resume=told.resume,
        home=told.home,
        language=language,
        dir=words.direction(language),
        w=words.words(language),
        theme=look,
        style=theme.style(look),
        assets=assets or Assets(),
        scripted=mode == "widget",  # it tells the page around it that it is done
        mode=mode,
    )


def draw(screen: Screen) -> str:
    """Returns a page of a survey as HTML, complete without a script."""
    definition, answers, now = screen.definition, screen.answers, screen.now
    state = live(definition, answers, locale=screen.language, seed=screen.seed, now=now)
    page = state.page(screen.page)
    if page is None:
        raise ValueError(f"The page {screen.page!r} is not shown.")
    asked = {item.name: item for item in shown_questions(page.items)}
    ids = {name: f"q{list(definition.by_name).index(name) + 1}" for name in asked}
    problems, there = _messages(screen, asked), spoken(definition)
    return ENVIRONMENT.get_template("page.html").render(
        page=_filled(page, {**screen.preset, **screen.given}),
        survey=screen.survey,
        title=in_language(definition.title, screen.language, screen.own) if _is_first(screen) else "",
        heading=in_language(definition.title, screen.language, screen.own) or screen.survey,
        description=in_language(definition.description, screen.language, screen.own) if _is_first(screen) else "",
        language=screen.language,
        dir=words.direction(screen.language),
        languages=sorted(there),
        names={each: words.name_of(each) for each in there},
        w=words.words(screen.language),
        theme=screen.settings.theme,
        style=theme.style(screen.settings.theme),
        assets=screen.assets,
        scripted=True,
        mode=screen.mode,
        action=screen.action,
        at=screen.at,
        revision=screen.revision,
        notice=screen.notice,
        problems=problems,
        first=next(iter(problems), None),
        titles={name: item.title for name, item in asked.items()},
        hints={name: hint(item, screen.language) for name, item in asked.items()},
        was={name: digest(answers, name) for name in asked},
        ids=ids,
        text=lambda text: in_language(text, screen.language, screen.own),
        uploads=any(isinstance(item.question, File) for item in asked.values()),
        progress=progress(definition, answers, page.name, now=now),
        previous=previous_page(definition, answers, page.name, now=now),
        last=page.name == _last(definition),
        slice=safe_json({**for_page(definition, page.name, answers), "page": page.name, "words": _for_script(screen)}),
    )


def _last(definition: Definition) -> str:
    """The last page that can be shown: only there the button says that this is the end."""
    return [node.element.name for node in definition.structure.nodes if not node.within and node.visible][-1]


def _for_script(screen: Screen) -> dict[str, str]:
    """What the script of a page says."""
    known = words.words(screen.language)
    return {name: known[name] for name in ("saved", "required")}


def _is_first(screen: Screen) -> bool:
    return previous_page(screen.definition, screen.answers, screen.page, now=screen.now) is None


def _messages(screen: Screen, asked: Mapping[str, ShownQuestion]) -> dict[str, str]:
    """What is wrong, in the order of the page."""
    found = {problem.question: problem for problem in reversed(screen.problems)}
    return {
        name: words.message(found[name], item.question, screen.given.get(name), screen.language, screen.own)
        for name, item in asked.items()
        if name in found
    }


def hint(item: ShownQuestion, language: str) -> str:
    """Returns what helps to answer a question: how many choices, how to rank, what a file may be; empty for nothing."""
    spoken_words = words.words(language)
    question = item.question
    if isinstance(question, Several) and (question.min_selected_choices or question.max_selected_choices):
        name, values = words.counted(question.min_selected_choices, question.max_selected_choices)
        return spoken_words[name].format(**values)
    if isinstance(question, Ranking):
        return spoken_words["rank"]
    if isinstance(question, File):
        most = (question.max_files or "∞") if question.allow_multiple else 1
        size = words.readable_size(min(question.max_size or MOST_FILE_BYTES, MOST_FILE_BYTES))
        return spoken_words["file_limits"].format(most=most, size=size)
    return ""


def _filled(page: ShownPage, values: Mapping[str, Any]) -> ShownPage:
    """A page with what was proposed or sent in the place of what is stored."""
    return replace(page, items=tuple(_filled_item(item, values) for item in page.items)) if values else page


def _filled_item(item: Any, values: Mapping[str, Any]) -> ShownQuestion | ShownPanel | ShownStatement:
    if isinstance(item, ShownPanel):
        return replace(item, items=tuple(_filled_item(each, values) for each in item.items))
    if isinstance(item, ShownQuestion):
        comment = str(values.get(f"{item.name}-Comment", item.comment) or "")
        return replace(item, value=values.get(item.name, item.value), comment=comment)
    return item  # type: ignore[no-any-return]


def safe_json(content: Any) -> str:
    """JSON that ends no script element."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).replace("<", "\\u003c")
