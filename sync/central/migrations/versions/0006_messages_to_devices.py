"""Messages are addressed to one device at its gate. Those under way are dropped: they count for seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0006_messages_to_devices"
down_revision = "0005_messages_to_gates"


def upgrade() -> None:
    _make_anew("gate", "device")


def downgrade() -> None:
    _make_anew("gate")


def _make_anew(*address: str) -> None:
    op.drop_table("message")
    op.create_table(
        "message",
        sa.Column("compound", sa.String(63), primary_key=True),
        *(sa.Column(name, sa.String(63), primary_key=True) for name in address),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("issued_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("fetched_us", sa.BigInteger),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
    )
    op.create_index("message_expires", "message", ["compound", "expires_us"])
