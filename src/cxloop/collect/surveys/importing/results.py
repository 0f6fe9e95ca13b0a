"""What importing responses did, or would do."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from cxloop.core.results import Result, Value
from cxloop.core.wording import count, many

__all__ = ["ImportedQuestion", "ResponsesImport"]

PRODUCTS = {
    "qualtrics": "Qualtrics",
    "surveymonkey": "SurveyMonkey",
    "typeform": "Typeform",
    "google_forms": "Google Forms",
}


@dataclass(frozen=True, slots=True)
class ImportedQuestion:
    """One question of an export, or one column that says something of the response as a whole.

    Attributes:
        name: what `mapping` calls it, and the log.
        title: its words.
        becomes: nps, csat:1-5, single, several, text, email, skip, ...
        answered: responses with an answer.
        reason: why.
        example: one answer, where it is no person's own words.
    """

    name: str
    title: str
    becomes: str
    answered: int
    reason: str
    example: str = ""


@dataclass(frozen=True)
class ResponsesImport(Result):
    """What `collect import-responses` did, or with `dry_run` would do.

    Attributes:
        import_id: None for a dry run.
        survey: the survey whose responses they are.
        product: who wrote the export.
        file: its name.
        responses: rows of the file.
        previews: those of them that a previewing or testing person gave: kept, and in no number.
        admitted: interactions added to the log, or that would be.
        already_there: interactions that had come before.
        rejected: rows and answers that could not be taken.
        questions: what each column becomes.
        dates: how its moments are written.
        zone: the time zone of its moments.
        reasons: why something was rejected, with how many and an example.
        notes: what a person should know.
    """

    import_id: str | None
    survey: str
    product: str
    file: str
    responses: int
    previews: int
    admitted: int
    already_there: int
    rejected: int
    questions: tuple[ImportedQuestion, ...]
    dates: str
    zone: str
    reasons: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The survey: for the audit log."""
        return f"survey {self.survey}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per question."""
        return [asdict(question) for question in self.questions]

    def __str__(self) -> str:
        from_whom = f"{many(self.responses, 'response')} of {PRODUCTS.get(self.product, self.product)} to {self.survey}"
        if self.import_id is None:
            head = f"{from_whom} would become {many(self.admitted, 'interaction')}"
        else:
            known = f"; {count(self.already_there)} were there already" if self.already_there else ""
            head = f"{from_whom}: {many(self.admitted, 'interaction')} added{known}"
        rejected = f"; {count(self.rejected)} rejected" if self.rejected else ""
        told = "".join(f"\n  {count(n)} {code}: {example}" for code, n, example in self.reasons)
        notes = "".join(f"\n  Note: {note}" for note in self.notes)
        clock = f"\n  Moments are read as {self.dates}, {self.zone}."
        return f"{head}{rejected}.{told}{notes}{clock}"
