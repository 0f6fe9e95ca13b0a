"""A PostgreSQL of the tests' own: its own folder, a free port of this machine, and a user who is not root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from tests.support.servers import end, free_port, missing, until

from cxloop.store.database import Database

__all__ = ["Postgres", "running"]


class Postgres:
    """A running server, which can be stopped and started again in the middle of a test."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.addresses = ["127.0.0.1"]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, user: str = "owner", password: str | None = "owner-password", database: str = "postgres") -> str:
        """Returns the address of a database."""
        account = user if password is None else f"{user}:{password}"
        return f"postgresql://{account}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> Database:
        """Makes an empty database, and returns where it is."""
        name = f"cx_{secrets.token_hex(6)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return Database(self.url(password=None, database=name), "owner-password")

    def make(self) -> None:
        """Makes the files of the server."""
        secret = self.folder / "secret"
        secret.write_text("owner-password")
        user = as_user()
        if user is not None:
            shutil.chown(self.folder, user)
            shutil.chown(secret, user)
        words = ["-D", str(self.folder / "data"), "-U", "owner", "--pwfile", str(secret)]
        more = ["--auth=scram-sha-256", "--no-sync", "--no-locale", "-E", "UTF8"]
        done = subprocess.run(
            [self.programs / "initdb", *words, *more], user=as_user(), cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Starts the server and waits for its first answer."""
        options = {
            "port": self.port,
            "listen_addresses": ",".join(self.addresses),
            "fsync": "off",
            "max_connections": "30",
        }
        words = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *words],
            user=as_user(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self.answers, "PostgreSQL", of=self._process)

    def answers(self) -> bool:
        """Whether one can sign in."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def listen_to(self, *addresses: str, trusted: tuple[str, ...]) -> None:
        """Starts the server again at more addresses of this machine, where other hosts may sign in with a password."""
        self.stop()
        self.addresses += addresses
        with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.writelines(f"host all all {each}/32 scram-sha-256\n" for each in trusted)
        self.start()

    def stop(self) -> None:
        """Ends the server at once, as a failing machine would."""
        if self._process is not None:
            end(self._process, signal.SIGQUIT)  # anything gentler would wait for clients
            self._process = None

    def run(self, *statements: str, user: str = "owner", password: str = "owner-password") -> None:
        """Runs statements, each in a transaction of its own."""
        with psycopg.connect(self.url(user, password), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def running() -> Iterator[Postgres]:
    """Gives a running server; skips the test where there is none, but in CI."""
    # not below pytest's own folder, which nobody but its user may enter
    with TemporaryDirectory(prefix="cxloop-postgres-") as folder:
        server = _made(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _made(folder: Path) -> Postgres:
    programs = found()
    if programs is None:
        missing("PostgreSQL is missing; scripts/servers.sh installs it.")
    server = Postgres(programs, folder)
    server.make()
    return server


def found() -> Path | None:
    """Returns the folder of the programs."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    here = shutil.which("initdb")
    return versions[-1] if versions else Path(here).parent if here else None


def as_user() -> str | None:
    """Returns a user other than root, whom PostgreSQL refuses; None where the tests run as somebody else already."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
