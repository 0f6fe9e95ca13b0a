"""The verbs of collect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from cxloop.collect.connections import connect, connection, connections, disconnect, pause, pull, resume, systems
from cxloop.collect.results import Imports, Intake, Latest, Mappings, Rejects, Replay, Sources
from cxloop.collect.sending.verbs import (
    deliver,
    import_bounces,
    messages,
    resolve_message,
    suppressions,
    test_message,
    unsuppress,
)
from cxloop.collect.surveys.importing.verbs import import_responses
from cxloop.collect.surveys.inviting.verbs import (
    invitations,
    invite,
    remind,
    replay_invitations,
    stop_wave,
    wave,
    waves,
)
from cxloop.collect.surveys.verbs import (
    check_survey,
    close_survey,
    draft_survey,
    import_survey,
    pause_survey,
    preview_survey,
    publish_survey,
    survey,
    survey_settings,
    survey_templates,
    surveys,
)
from cxloop.collect.surveys.verbs_answers import (
    drop_short_link,
    flag_response,
    plan_sample,
    record_session,
    response,
    response_file,
    responses,
    short_link,
    short_links,
)
from cxloop.collect.tracking.verbs import drift, enforce, import_plan, learn, plan
from cxloop.core.errors import InputError
from cxloop.core.results import Result
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = [
    "check_survey",
    "close_survey",
    "connect",
    "connection",
    "connections",
    "deliver",
    "disconnect",
    "draft_survey",
    "drift",
    "drop_short_link",
    "enforce",
    "file",
    "flag_response",
    "import_bounces",
    "import_plan",
    "import_responses",
    "import_survey",
    "imports",
    "intake",
    "invitations",
    "invite",
    "latest",
    "learn",
    "load",
    "mappings",
    "messages",
    "pause",
    "pause_survey",
    "plan",
    "plan_sample",
    "preview_survey",
    "publish_survey",
    "pull",
    "record_session",
    "rejects",
    "remind",
    "replay",
    "replay_invitations",
    "resolve_message",
    "response",
    "response_file",
    "responses",
    "resume",
    "short_link",
    "short_links",
    "sources",
    "stop_wave",
    "suppressions",
    "survey",
    "survey_settings",
    "survey_templates",
    "surveys",
    "systems",
    "test_message",
    "unsuppress",
    "wave",
    "waves",
]

Count = Annotated[int, Field(ge=1, le=10_000)]
Few = Annotated[int, Field(ge=1, le=500)]
SourceName = Annotated[
    Annotated[str, Field(max_length=200)] | None, BeforeValidator(lambda given: None if given == "" else given)
]
MappingPath = Annotated[Path | None, BeforeValidator(lambda given: None if given == "" else given)]
"""A form that leaves the mapping out sends an empty text."""


@verb(part="collect", right="write", personal=True)
def file(
    ws: Operations, path: Path, *, mapping: MappingPath = None, dry_run: bool = False, suggest: bool = False
) -> Result:
    """Imports files into the log: CSV, JSON lines, Parquet and Excel, also packed as .gz or .zip.

    Importing the same files again adds nothing. Rows that cannot be taken are kept with their reason and can be
    replayed through a corrected mapping.

    Args:
        path: A file, a folder, or a pattern such as "exports/*.csv".
        mapping: The mapping's file, or the name of a ready one (olist). Without it: mapping.toml of the workspace.
        dry_run: Show the first interactions and the rejects, and change nothing.
        suggest: Write a mapping from a look at the data, instead of importing.
    """
    if suggest:
        if mapping is not None or dry_run:
            raise InputError("suggest writes a new mapping; it goes with neither mapping nor dry_run. Leave those out.")
        from cxloop.collect.files.suggest import suggest_mapping

        return suggest_mapping(ws, path)
    from cxloop.collect.files.importer import import_files

    return import_files(ws, path, mapping, dry_run=dry_run)


@verb(part="collect", right="read", limited="refuse")
def imports(ws: Operations, *, limit: Count = 50) -> Imports:
    """The files that were imported, the latest first, with what went in and what did not.

    Args:
        limit: How many imports at most.
    """
    from cxloop.collect.files.history import list_imports

    return list_imports(ws, limit)


@verb(part="collect", right="read", limited="refuse")
def intake(ws: Operations) -> Intake:
    """How live events get through: what waits in the spool and since when, and what was loaded, rejected or flagged."""
    from cxloop.collect.intake import look

    return look(ws)


@verb(part="collect", right="read")
def latest(ws: Operations, source: SourceName = None, *, limit: Few = 50) -> Latest:
    """What arrived last, as the log has it: to see that a sender's events get through, and how.

    It shows of which type the identifier of the customer is, and never the identifier.

    Args:
        source: Only what came from this source.
        limit: How many interactions at most.
    """
    from cxloop.collect.latest import list_latest

    return list_latest(ws, source, limit)


@verb(part="collect", right="write")
def load(ws: Operations) -> Intake:
    """Loads the live events that wait in the spool, where no server runs that does so by itself."""
    from cxloop.collect.intake import load_waiting

    return load_waiting(ws)


@verb(part="collect", right="read", limited="refuse")
def mappings(ws: Operations) -> Mappings:
    """The mappings that can be named: the TOML files in the inbox of the workspace, and the ready ones."""
    from cxloop.collect.files.sources import list_mappings

    return list_mappings(ws.path)


@verb(part="collect", right="read", personal=True, limited="refuse")
def rejects(ws: Operations, import_id: str | None = None, *, waiting: bool = True, limit: Count = 100) -> Rejects:
    """Rows that could not be taken, with the reason and the raw row.

    Args:
        import_id: Only those of one import, such as import-3, or of the live events of a source: live-web.
        waiting: Only those that were not replayed successfully yet.
        limit: How many rows at most.
    """
    from cxloop.collect.files.history import list_rejects

    return list_rejects(ws, import_id, waiting=waiting, limit=limit)


@verb(part="collect", right="write", personal=True)
def replay(
    ws: Operations,
    import_id: str | None = None,
    *,
    rejected: tuple[int, ...] = (),
    mapping: MappingPath = None,
) -> Replay:
    """Sends rejected rows through the mapping again, after it, a tracking plan or the workspace was corrected.

    Args:
        import_id: All waiting rows of this import, or of the live events of a source: live-web.
        rejected: Or single rows, by their rejected_id.
        mapping: The corrected mapping's file, or the name of a ready one. Without it: the one they came with.
    """
    from cxloop.collect.files.replays import replay_rejected

    return replay_rejected(ws, import_id, rejected, mapping)


@verb(part="collect", right="read")
def sources(ws: Operations) -> Sources:
    """What arrives from where: interactions of each source, since when, until when, and in the last seven days."""
    from cxloop.collect.arrivals import list_sources

    return list_sources(ws)
