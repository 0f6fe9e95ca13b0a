"""The verb that imports responses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.surveys.importing.results import ResponsesImport
from cxloop.core.verbs import Names, verb
from cxloop.store.context import Operations

__all__ = ["import_responses"]

_Text = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(lambda given: given or None)]
"""A form that leaves it out sends an empty text."""


@verb(part="collect", right="write", personal=True)
def import_responses(
    ws: Operations,
    path: Path,
    *,
    survey: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")],
    format: Literal["auto", "qualtrics", "surveymonkey", "typeform", "google_forms"] = "auto",  # noqa: A002
    mapping: Names = (),
    dates: _Text = None,
    time_zone: _Text = None,
    dry_run: bool = False,
) -> ResponsesImport:
    """Imports responses that were given elsewhere: CSV exports of Qualtrics, SurveyMonkey, Typeform and Google Forms.

    Look first with dry_run: it shows what each question is taken for, and why. Importing the same file again adds
    nothing; a newer export of the same survey adds what is new. Rows and answers that cannot be taken are kept with
    their reason.

    Args:
        path: The export, as CSV, also packed as .zip.
        survey: The survey whose responses they are, such as relationship-2025.
        format: Who wrote it; found out by looking unless said.
        mapping: Corrections, each question=what: q3=nps, q4=csat:1-5, q5=several, q6=email, q7=skip.
        dates: How moments are written, such as %d/%m/%Y %H:%M; found out by looking unless said.
        time_zone: Of the moments, such as America/Denver; by default the one the file names, or the company's.
        dry_run: Show what would come of it, and change nothing.

    Raises:
        InputError: the file cannot be read, or is none of these exports.
        UnknownNameError: mapping names a question that the file does not have.
    """
    from cxloop.collect.surveys.importing.importer import import_survey_responses

    return import_survey_responses(
        ws,
        path,
        survey=survey,
        product=None if format == "auto" else format,
        mapping=mapping,
        dates=dates,
        time_zone=time_zone,
        dry_run=dry_run,
    )
