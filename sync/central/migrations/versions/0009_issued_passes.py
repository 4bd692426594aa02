"""Passes that were issued on a page. Going back forgets which there are; they count as long as they say."""

import sqlalchemy as sa
from alembic import op

revision = "0009_issued_passes"
down_revision = "0008_staff"


def upgrade() -> None:
    op.create_table(
        "issued_pass",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("pass_id", sa.String(24), primary_key=True),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("issued_us", sa.BigInteger, nullable=False),
        sa.Column("issued_by", sa.String(200), nullable=False),
        sa.Column("revoked_us", sa.BigInteger),
        sa.Column("revoked_by", sa.String(200)),
    )
    op.create_index("issued_pass_at", "issued_pass", ["compound", "issued_us"])


def downgrade() -> None:
    op.drop_table("issued_pass")
