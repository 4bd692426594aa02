"""Renovations that are filed, and the letters of undertaking that come with visitors' forms."""

import sqlalchemy as sa
from alembic import op

revision = "0012_filings"
down_revision = "0011_residents"


def upgrade() -> None:
    op.add_column("visitor_form", sa.Column("filing", sa.String(16)))
    op.create_table(
        "filing",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("unit_digest", sa.LargeBinary(16), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("locked", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "undertaking",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("visit", sa.String(16), primary_key=True),
        sa.Column("sent_us", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("undertaking_sent", "undertaking", ["compound", "sent_us"])


def downgrade() -> None:
    op.drop_table("undertaking")
    op.drop_table("filing")
    op.drop_column("visitor_form", "filing")
