"""Residents' own pages, and the invitations that they make there."""

import sqlalchemy as sa
from alembic import op

revision = "0013_invitations"
down_revision = "0012_filings"


def upgrade() -> None:
    op.create_table(
        "home_link",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("resident", sa.String(16), nullable=False),
        sa.Column("issued_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
    )
    op.create_index("home_link_resident", "home_link", ["compound", "resident", "issued_us"])
    op.create_table(
        "invitation",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("pass_id", sa.String(24), primary_key=True),
        sa.Column("unit_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("resident", sa.String(16), nullable=False),
        sa.Column("begins_us", sa.BigInteger, nullable=False),
        sa.Column("ends_us", sa.BigInteger, nullable=False),
        sa.Column("revoked_us", sa.BigInteger),
        sa.Column("locked", sa.LargeBinary, nullable=False),
    )
    op.create_index("invitation_unit", "invitation", ["compound", "unit_digest", "ends_us"])


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("home_link")
