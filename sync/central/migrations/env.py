"""Alembic runs inside the server, on the connection that it is given."""

from alembic import context

from sync.central.residents import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.resident.metadata)
with context.begin_transaction():
    context.run_migrations()
