"""Which events are of a schema that the server did not know when they came. Going back and up again finds them anew."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0014_unread"
down_revision = "0013_invitations"

KNOWN = 1
"""The schema of every version until now."""


def upgrade() -> None:
    op.create_table(
        "unread",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("arrival", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("schema", sa.BigInteger, nullable=False),
    )
    op.create_index("unread_device", "unread", ["compound", "device"])
    connection = op.get_bind()
    waiting = sa.text(
        "SELECT arrival, device, header FROM event WHERE compound = :compound AND kind = '' AND faulty = '' AND NOT forked"
    )
    note = sa.text("INSERT INTO unread VALUES (:compound, :arrival, :device, :schema)")
    for (compound,) in connection.execute(sa.text("SELECT compound FROM compound")).all():
        for row in connection.execute(waiting, {"compound": compound}).all():
            schema = json.loads(row.header).get("schema")
            if isinstance(schema, int) and schema > KNOWN:
                connection.execute(
                    note, {"compound": compound, "arrival": row.arrival, "device": row.device, "schema": schema}
                )


def downgrade() -> None:
    op.drop_table("unread")
