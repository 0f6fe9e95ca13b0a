"""A draft as respondents will see it, drawn by what draws their pages. Nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cxloop.collect.surveys import definition, flow
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.desk import document_of, read_settings
from cxloop.collect.surveys.results import SurveyPreview
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.errors import InputError
from cxloop.store.context import Operations
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    from cxloop.collect.surveys.responding.taking import Sent

__all__ = ["preview"]

CONDITIONS = ("visibleIf",)


def preview(
    ws: Operations, name: str, *, document: str, page: str, language: str, answers: str, form: str, action: str
) -> SurveyPreview:
    """Returns one page of a draft as HTML.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: the document cannot be read.
        InputError: the answers are no JSON object.
    """
    asked = definition.read(document) if document else document_of(ws, name)
    record = surveys.find(ws.store, name)
    settings = read_settings(record) if record else SurveySettings()
    now = ws.now().replace(tzinfo=UTC)
    known = _object(answers) or dict(flow.begin(asked, now=now).answers)
    return _Playing(asked, settings, name, language or asked.own_language, now, action).shown(page, known, form)


class _Playing:
    """One look at a draft."""

    def __init__(
        self, asked: Definition, settings: SurveySettings, name: str, language: str, now: datetime, action: str
    ) -> None:
        self.asked, self.settings, self.name, self.now = asked, settings, name, now
        self.language, self.action = language, action

    def shown(self, page: str, answers: Mapping[str, Any], form: str) -> SurveyPreview:
        """The page that was asked for, or the one after what was sent of it."""
        here = self._named(page)
        if not form:
            return self._page(here, answers)
        sent, language = self._sent(form, here)
        self.language = language or self.language
        if sent.move == "back":
            before = flow.previous_page(self.asked, answers, here, now=self.now)
            return self._page(before or here, answers)
        leaves = sent.move == "next" and not language
        kept = flow.accept(self.asked, answers, here, sent.given, now=self.now, locale=self.language, whole=leaves)
        if kept.problems or not leaves:
            return self._page(here, kept.answers, kept.problems if leaves else (), sent.given)
        following = flow.next_page(self.asked, kept.answers, here, now=self.now)
        return self._page(following, kept.answers) if following else self._end(kept.answers)

    def _sent(self, text: str, page: str) -> tuple[Sent, str]:
        from cxloop.collect.surveys.pages.forms import UnreadableFormError, read_form, sent_page

        try:
            form = read_form("", text.encode("ascii", "replace"))
        except UnreadableFormError as failure:
            raise InputError(f"What was sent of the page cannot be read: {failure}") from None
        language = form.one("_lang")
        return sent_page(form, self.asked, page, language=language, now_ms=0), language

    def _named(self, page: str) -> str:
        """A page by its name or its number, from 0; the first that is shown where none is asked for."""
        names = [sheet.name for sheet in self.asked.sheets]
        if page in names:
            return page
        if page.isdecimal() and int(page) < len(names):
            return names[int(page)]
        first = flow.first_page(self.asked, dict(flow.begin(self.asked, now=self.now).answers), now=self.now)
        return first or (names[0] if names else "")

    def _page(
        self, page: str, answers: Mapping[str, Any], problems: Any = (), given: Mapping[str, Any] | None = None
    ) -> SurveyPreview:
        from cxloop.collect.surveys.pages.rendering import Assets, Screen, draw

        shown = self._with_everything(page, answers)
        state = flow.run(shown, answers, now=self.now)
        if state.page(page) is None:  # an empty page has nothing to show
            return self._end(answers)
        screen = Screen(
            survey=self.name, definition=shown, settings=self.settings, page=page, answers=answers,
            language=self.language, seed=1, now=self.now, action=self.action, problems=tuple(problems),
            given=given or {}, assets=Assets(),
        )  # fmt: skip
        html = _with_style(draw(screen), screen.assets.css)
        return SurveyPreview(html, page, self.language, dict(answers), whole=shown is not self.asked)

    def _with_everything(self, page: str, answers: Mapping[str, Any]) -> Definition:
        """The survey itself where the page is shown to somebody with these answers; else with all that is on it."""
        state = flow.run(self.asked, answers, now=self.now)
        if _has_answers(self.asked, answers) and state.page(page) is not None:
            return self.asked
        document = definition.write(self.asked)
        sheets = document.get("pages") or [document]
        at = [sheet.name for sheet in self.asked.sheets].index(page) if page else 0
        if not _drop_conditions(sheets[at]):
            return self.asked
        return definition.read(document)

    def _end(self, answers: Mapping[str, Any]) -> SurveyPreview:
        from cxloop.collect.surveys.pages import words
        from cxloop.collect.surveys.pages.rendering import Assets, Told, tell

        spoken = words.words(self.language)
        said = flow.closing(self.asked, answers, locale=self.language, now=self.now)
        told = Told("finished", spoken["thanks"], () if said else (spoken["thanks_told"],), html=said)
        html = _with_style(tell(told, self.language, self.settings.theme), Assets().css)
        return SurveyPreview(html, "", self.language, dict(answers), whole=False)


def _has_answers(asked: Definition, answers: Mapping[str, Any]) -> bool:
    """Whether somebody has answered anything, so that conditions speak about a person and not about nobody."""
    return any(name in asked.by_name for name in answers)


def _drop_conditions(part: Any) -> bool:
    """Takes the conditions out of a page and all that is on it; returns whether there were any."""
    if isinstance(part, dict):
        found = [part.pop(name) for name in CONDITIONS if name in part]
        return any([bool(found), *(_drop_conditions(value) for value in part.values())])
    return any(list(map(_drop_conditions, part))) if isinstance(part, list) else False


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError as failure:
        raise InputError(f'The answers are no JSON: {failure}. Write an object such as {{"nps": 9}}.') from None
    if not isinstance(found, dict):
        raise InputError('The answers must be a JSON object, such as {"nps": 9}.')
    return found


def _with_style(html: str, address: str) -> str:
    """A page that needs nothing from elsewhere: the style sheet stands in it."""
    style = files("cxloop.collect.surveys.pages").joinpath("assets", "survey.css").read_text(encoding="utf-8")
    return html.replace(f'<link rel="stylesheet" href="{address}">', f"<style>{style}</style>", 1)
