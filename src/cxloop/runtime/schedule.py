"""Runs what is due by itself: a look every few seconds at each job, and DBOS to run what was found.

Waits are rows: when something is due stands in its record, and DBOS knows only what is to run now. What was under way
when the process was killed is run again by DBOS when it starts, and goes on where its records say. What the jobs are
stands in `runtime.jobs`.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxloop.runtime import logs
from cxloop.runtime.jobs import Job, jobs_of
from cxloop.runtime.jobs.base import SCHEDULE
from cxloop.store.sqlite_files import WORK

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["SCHEDULE", "Schedule"]

LOOK_SECONDS = 2.0
AT_ONCE = 2
"""Slow pieces of work at the same time: each pull is a process of its own, and mostly waits."""
QUEUE = "pulls"
QUICK = "quick"
"""The queue of what must not wait behind a pull that takes hours."""
KEPT = timedelta(days=7)
CLEAR_SECONDS = 3600.0


class Schedule:
    """The schedule of the process that owns the workspace; DBOS allows one in a process.

    Args:
        host: of the workspace.
        look_seconds: between two looks at what is due.
        database: address of the PostgreSQL in which DBOS keeps what is under way, in the schema `dbos`; where there is
            none, a file in the workspace's folder.
    """

    def __init__(self, host: LocalHost, look_seconds: float = LOOK_SECONDS, *, database: str = "") -> None:
        self._host = host
        self._database = database
        self._look_seconds = look_seconds
        self._stop = threading.Event()
        self._asked: set[tuple[str, str]] = set()
        self._asked_at: dict[str, float] = {}
        self._failing: set[str] = set()
        self._guard = threading.Lock()
        self._jobs = jobs_of(host, self._stop.is_set)
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
            self._begin()
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

    def _begin(self) -> None:
        """Has each job put in order what a process that is gone has left; one that cannot holds up no other."""
        for job in self._jobs:
            try:
                job.begin()
            except Exception as failure:  # noqa: BLE001 - a full disk, a busy file: each round looks again
                self._failed(failure)

    def _wait_for_the_first(self) -> None:
        """Loads nothing for a workspace in which no job has anything to do."""
        while not any(job.needed() for job in self._jobs):
            if self._stop.wait(self._look_seconds):
                return

    def _failed(self, failure: BaseException) -> None:
        logs.failure(self._host.workspace.folder.log, failure, where="schedule")

    def _launch(self) -> Any:
        from dbos import DBOS, DBOSConfig

        folder = self._host.workspace.folder.path
        config: DBOSConfig = {
            "name": "cxloop",
            "system_database_url": self._database or f"sqlite:///{folder / WORK}",
            "dbos_system_schema": "dbos",
            # what was under way belongs to this process, also after an update
            "application_version": "1",
            "executor_id": "app",
            "enable_otlp": False,
            "log_level": "ERROR",
            "serializer": _plain(),
        }
        DBOS(config=config)
        self._take_logs()
        for job in self._jobs:
            self._register(DBOS, job)
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE)
        DBOS.register_queue(QUICK, worker_concurrency=len(self._jobs))
        return DBOS

    def _register(self, dbos: Any, job: Job) -> None:
        @dbos.workflow(name=job.name)  # type: ignore[untyped-decorator, unused-ignore]
        def run(what: str = "") -> str:
            return self._done(job, what)

    def _done(self, job: Job, what: str) -> str:
        try:
            return "stopped" if self._stop.is_set() else job.run(what)
        finally:
            with self._guard:
                self._asked.discard((job.name, what))

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
            for job in self._jobs:
                try:
                    self._ask(dbos, job)
                    self._failing.discard(job.name)
                except Exception as failure:  # noqa: BLE001 - the next look may go well: a full disk, a busy file
                    if job.name not in self._failing:  # once, not at every look
                        self._failed(failure)
                    self._failing.add(job.name)
            cleared -= self._look_seconds
            if cleared <= 0:
                with suppress(Exception):  # a busy file: what ended long ago may be forgotten the next time
                    _clear(dbos, self._host)
                cleared = CLEAR_SECONDS

    def _ask(self, dbos: Any, job: Job) -> None:
        """Has whatever is due of a job run, once at a time each."""
        now = time.monotonic()
        if job.every_seconds and now - self._asked_at.get(job.name, float("-inf")) < job.every_seconds:
            return
        self._asked_at[job.name] = now
        for what in job.due():
            with self._guard:
                if (job.name, what) in self._asked:
                    continue
                self._asked.add((job.name, what))
            options = {
                "workflow_name": job.name,
                "queue_name": QUEUE if job.slow else QUICK,
                "app_version": "1",
                "deduplication_id": f"{job.name}:{what}",
                "duplication_policy": "return-existing",
            }
            dbos.enqueue_workflow_with_options(options, what)


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
        raise TypeError("a record of DBOS holds a pickle, which is not read")

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
