"""Documents for kiosks, and the messages of the last seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0004_documents"
down_revision = "0003_devices"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("gate", sa.String(63), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("effective_us", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("published_by", sa.String(200), nullable=False),
    )
    op.create_table(
        "message",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("issued_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("fetched_us", sa.BigInteger),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
    )
    op.create_index("message_expires", "message", ["compound", "expires_us"])


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("document")
