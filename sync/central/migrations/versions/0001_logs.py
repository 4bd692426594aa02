"""Logs and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "log",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("log_id", sa.String(64), primary_key=True),
        sa.Column("next_seq", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("arrival", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
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
        sa.Column("received_us", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["compound", "device", "log_id"], ["log.compound", "log.device", "log.log_id"], name="event_of_log"
        ),
    )
    op.create_index("event_place", "event", ["compound", "device", "log_id", "seq"])


def downgrade() -> None:
    op.drop_table("event")
    op.drop_table("log")
