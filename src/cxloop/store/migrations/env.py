"""Run by Alembic: migrates over the connection that `cxloop.store.upgrade` hands in."""

from alembic import context

from cxloop.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a table by copying it
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
