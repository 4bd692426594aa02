"""Alembic runs inside the server, on the connection that it is given."""

from alembic import context

from sync.central.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
