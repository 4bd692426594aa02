"""Policies that were uploaded, to be looked at before they are signed."""

import sqlalchemy as sa
from alembic import op

revision = "0010_policy_drafts"
down_revision = "0009_issued_passes"


def upgrade() -> None:
    op.create_table(
        "policy_draft",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gate", sa.String(63), nullable=False),
        sa.Column("uploaded_us", sa.BigInteger, nullable=False),
        sa.Column("uploaded_by", sa.String(200), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("published", sa.BigInteger),
        sa.Column("published_by", sa.String(200)),
    )


def downgrade() -> None:
    op.drop_table("policy_draft")
