"""Bringing a store's schema up to date with Alembic; the scripts ship inside the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from cxloop.store.base import version_of

__all__ = ["configuration", "upgrade"]


def configuration() -> Config:
    """Returns Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def upgrade(engine: Engine) -> None:
    """Runs the migrations that the store lacks, in one transaction.

    SQLite changes a table by making a new one, and dropping the old one would delete or empty what refers to it; so
    references are not enforced meanwhile, and are checked before the commit (sqlite.org/lang_altertable.html).
    """
    config = configuration()
    if engine.dialect.name == "postgresql":
        _upgrade_database(engine, config)
        return
    with engine.connect() as connection:
        references = _References(connection)
        references.enforce(False)
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                references.check()
        finally:
            references.enforce(True)


def _upgrade_database(engine: Engine, config: Config) -> None:
    """In PostgreSQL several hosts may come at once: whoever waited for its turn looks again what is left to do."""
    from cxloop.store import postgres

    with engine.connect() as connection, connection.begin():
        postgres.take_turn(connection)
        if version_of(connection) is None:
            postgres.create(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


class _References:
    """The references of a connection to SQLite; other databases enforce theirs throughout."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def enforce(self, wanted: bool) -> None:
        # past SQLAlchemy, which would begin a transaction, in which this setting cannot be changed
        if self._sqlite:
            self._connection.connection.cursor().execute(f"pragma foreign_keys = {'on' if wanted else 'off'}")

    def check(self) -> None:
        broken = self._connection.exec_driver_sql("pragma foreign_key_check").all() if self._sqlite else []
        if broken:
            raise RuntimeError(f"After the migration, rows of {broken[0][0]} refer to nothing.")
