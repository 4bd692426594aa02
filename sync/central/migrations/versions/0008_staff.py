"""Accounts of staff and their sessions. Going back forgets who could sign in; the record of accesses stays."""

import sqlalchemy as sa
from alembic import op

revision = "0008_staff"
down_revision = "0007_visitor_forms"


def upgrade() -> None:
    op.create_table(
        "staff_account",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("username", sa.String(63), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("added_us", sa.BigInteger, nullable=False),
        sa.Column("signed_in_us", sa.BigInteger),
        sa.Column("disabled_us", sa.BigInteger),
    )
    op.create_table(
        "staff_session",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("username", sa.String(63), nullable=False),
        sa.Column("begun_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
    )
    op.create_index("staff_session_of", "staff_session", ["compound", "username"])


def downgrade() -> None:
    op.drop_table("staff_session")
    op.drop_table("staff_account")
