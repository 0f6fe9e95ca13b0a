"""Starts the pulls and the retention that are due: a look every few seconds, and DBOS to run what was found.

Waits are rows: when a connection is due stands in its record, and DBOS knows only what is to run now. A pull that was
under way when the process was killed is run again by DBOS when it starts; the pull itself goes on where it stopped.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import CxloopError
from cxloop.core.host import Actor
from cxloop.runtime import logs

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["SCHEDULE", "Schedule"]

SCHEDULE = Actor(account_id=None, name="schedule", role="owner")
"""Who runs what nobody asks for at that moment."""
LOOK_SECONDS = 2.0
AT_ONCE = 2
"""Pulls at the same time. Each is a process of its own, and mostly waits."""
QUEUE = "pulls"
WORKFLOW = "pull"
RETAIN = "retain"
"""Removes what is past its term, once a day."""
KEPT = timedelta(days=7)
CLEAR_SECONDS = 3600.0


class Schedule:
    """The schedule of the process that owns the workspace; DBOS allows one in a process."""

    def __init__(self, host: LocalHost, look_seconds: float = LOOK_SECONDS) -> None:
        self._host = host
        self._look_seconds = look_seconds
        self._stop = threading.Event()
        self._asked: set[str] = set()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="cxloop-schedule", daemon=True)

    def start(self) -> None:
        """Starts in the background: loading DBOS takes a second that nobody has to wait for."""
        self._thread.start()

    def stop(self) -> None:
        """Breaks off what is being pulled, which stays due, and ends."""
        from cxloop.collect.connectors import running

        self._stop.set()
        with running.broken_off():
            if self._thread.ident is not None:
                self._thread.join()

    def _run(self) -> None:
        try:
            self._wait_for_the_first()
            if self._stop.is_set():
                return
            dbos = self._launch()
            try:
                self._look(dbos)
            finally:
                dbos.destroy(destroy_registry=True, workflow_completion_timeout_sec=10)
        except Exception as failure:  # noqa: BLE001 - a thread would swallow it; pages and commands go on without
            self._failed(failure)

    def _wait_for_the_first(self) -> None:
        """Loads nothing for a workspace to which no system is connected, and which keeps everything for ever."""
        from cxloop.store import connections

        workspace = self._host.workspace
        while not connections.every_one(workspace.store) and not self._retention_is_due():
            if self._stop.wait(self._look_seconds):
                return

    def _retention_is_due(self) -> bool:
        from cxloop.unify.privacy import retention

        return retention.due(self._host.workspace)

    def _failed(self, failure: BaseException) -> None:
        logs.failure(self._host.workspace.folder.log, failure, where="schedule")

    def _launch(self) -> Any:
        from dbos import DBOS, DBOSConfig

        folder = self._host.workspace.folder.path
        config: DBOSConfig = {
            "name": "cxloop",
            "system_database_url": f"sqlite:///{folder / 'work.sqlite'}",
            # what was under way belongs to this process, also after an update
            "application_version": "1",
            "executor_id": "app",
            "enable_otlp": False,
            "log_level": "ERROR",
            "serializer": _plain(),
        }
        DBOS(config=config)
        self._take_logs()

        @DBOS.workflow(name=WORKFLOW)
        def pull(name: str) -> str:
            return self._pull(name)

        @DBOS.workflow(name=RETAIN)
        def retain() -> str:
            return self._retain()

        # pulls that the records take for running were those of a process that is gone
        self._interrupted()
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE)
        return DBOS

    def _interrupted(self) -> None:
        from cxloop.store import connections

        connections.interrupted(self._host.workspace.store)

    def _take_logs(self) -> None:
        """Lets DBOS write to our log instead of the terminal: that something failed and where, not what it quotes."""
        logger = logging.getLogger("dbos")
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
        logger.propagate = False
        logger.addHandler(_ToOurLog(self._host))

    def _look(self, dbos: Any) -> None:
        cleared = 0.0
        while not self._stop.wait(self._look_seconds):
            try:
                for name in self._due():
                    self._ask(dbos, name)
                cleared -= self._look_seconds
                if cleared <= 0:
                    self._ask_to_retain(dbos)
                    _clear(dbos, self._host)
                    cleared = CLEAR_SECONDS
            except Exception as failure:  # noqa: BLE001 - the next look may go well: a full disk, a busy file
                self._failed(failure)

    def _due(self) -> list[str]:
        from cxloop.store import connections

        with self._guard:
            return [name for name in connections.due(self._host.workspace.store) if name not in self._asked]

    def _ask(self, dbos: Any, name: str) -> None:
        options = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "app_version": "1",
            "deduplication_id": name,
            "duplication_policy": "return-existing",
        }
        with self._guard:
            self._asked.add(name)
        dbos.enqueue_workflow_with_options(options, name)

    def _ask_to_retain(self, dbos: Any) -> None:
        if self._retention_is_due():
            options = {
                "workflow_name": RETAIN,
                "queue_name": QUEUE,
                "app_version": "1",
                "deduplication_id": RETAIN,
                "duplication_policy": "return-existing",
            }
            dbos.enqueue_workflow_with_options(options)

    def _retain(self) -> str:
        """Removes what is past its term, where that is still due: killed midway, it is run again and finds less."""
        try:
            if self._stop.is_set() or not self._retention_is_due():
                return "not due"
            self._host.run("unify.retain", {}, actor=SCHEDULE)
        except CxloopError as failure:
            self._failed(failure)
            return failure.code
        return "done"

    def _pull(self, name: str) -> str:
        """Pulls one connection, where it is still due: how it ended is kept with it."""
        from cxloop.store import connections

        try:
            if self._stop.is_set() or name not in connections.due(self._host.workspace.store):
                return "not due"
            self._host.run("collect.pull", {"name": name}, actor=SCHEDULE)
        except CxloopError as failure:
            return failure.code
        finally:
            with self._guard:
                self._asked.discard(name)
        return "done"


def _plain() -> Any:
    """Returns how DBOS writes what a pull is told and says: as JSON.

    It would write pickles, and a pickle is a program. A workspace that came from somebody else must not run one, so
    DBOS reads none either.
    """
    from dbos import Serializer, _serialization

    class Plain(Serializer):
        def serialize(self, data: Any) -> str:
            return json.dumps(data, default=lambda value: type(value).__name__)

        def deserialize(self, serialized_data: str) -> Any:  # type: ignore[override, unused-ignore]
            return json.loads(serialized_data)

        def name(self) -> str:
            return "cxloop_json"

    def refuse(_text: str) -> Any:
        raise TypeError("work.sqlite holds a pickle, which is not read")

    _serialization.DBOSDefaultSerializer.deserialize = refuse  # type: ignore[assignment, method-assign]
    return Plain()


class _ToOurLog(logging.Handler):
    """Writes the errors of DBOS into the workspace's log."""

    def __init__(self, host: LocalHost) -> None:
        super().__init__(logging.ERROR)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record."""
        error = record.exc_info[1] if record.exc_info else None
        log = self._host.workspace.folder.log
        with suppress(OSError):
            if error is not None:
                logs.failure(log, error, where="dbos")
            else:
                logs.logger(log).error("failure", error="DBOS", where=f"{record.filename}:{record.lineno}")


def _clear(dbos: Any, host: LocalHost) -> None:
    """Forgets pulls that ended days ago: their outcome is in the records and in the audit log."""
    before = (host.workspace.now() - KEPT).isoformat() + "Z"
    ended = dbos.list_workflows(end_time=before, status=["SUCCESS", "ERROR", "CANCELLED"], limit=1000)
    if ended:
        dbos.delete_workflows([each.workflow_id for each in ended])
