"""Forms that visitors have sent from their own phones."""

import sqlalchemy as sa
from alembic import op

revision = "0007_visitor_forms"
down_revision = "0006_messages_to_devices"


def upgrade() -> None:
    op.create_table(
        "visitor_form",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("visit", sa.String(16), primary_key=True),
        sa.Column("key_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("sent_us", sa.BigInteger, nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("visitor_form_sent", "visitor_form", ["compound", "sent_us"])


def downgrade() -> None:
    op.drop_table("visitor_form")
