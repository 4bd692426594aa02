"""Logs, their events, and what came with an upload that is not known yet."""

import sqlalchemy as sa
from alembic import op

revision = "0001_logs"
down_revision = None

ARRIVAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LOG = ["log.compound", "log.device", "log.log_id"]


def upgrade() -> None:
    op.create_table(
        "log",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("log_id", sa.String(64), primary_key=True),
        sa.Column("next_seq", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("faulty", sa.BigInteger, nullable=False),
        sa.Column("aside", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("arrival", ARRIVAL, primary_key=True, autoincrement=True),
        sa.Column("compound", sa.String(63), nullable=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("faulty", sa.String(400), nullable=False),
        sa.Column("forked", sa.Boolean, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("received_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["compound", "device", "log_id"], LOG, name="event_of_log"),
    )
    op.create_index("event_place", "event", ["compound", "device", "log_id", "seq"])
    op.create_index("event_kind_at", "event", ["kind", "at_us"])
    op.create_table(
        "envelope",
        sa.Column("arrival", ARRIVAL, primary_key=True, autoincrement=True),
        sa.Column("compound", sa.String(63), nullable=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("from_seq", sa.BigInteger, nullable=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
        sa.Column("received_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["compound", "device", "log_id"], LOG, name="envelope_of_log"),
    )


def downgrade() -> None:
    op.drop_table("envelope")
    op.drop_table("event")
    op.drop_table("log")
