"""Residents, what they are asked about visitors, and how that reached them."""

import sqlalchemy as sa
from alembic import op

revision = "0011_residents"
down_revision = "0010_policy_drafts"


def upgrade() -> None:
    op.create_index("visitor_form_visit", "visitor_form", ["compound", "visit"])
    op.create_table(
        "resident",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("resident", sa.String(16), primary_key=True),
        sa.Column("unit_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("locked", sa.LargeBinary, nullable=False),
        sa.Column("added_us", sa.BigInteger, nullable=False),
    )
    op.create_index("resident_unit", "resident", ["compound", "unit_digest"])
    op.create_index("resident_name", "resident", ["compound", "name_digest"])
    op.create_table(
        "consent_request",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("visit", sa.String(16), primary_key=True),
        sa.Column("gate", sa.String(63), nullable=False),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answered_us", sa.BigInteger),
        sa.Column("answered_by", sa.String(16)),
    )
    op.create_index("consent_request_asked", "consent_request", ["compound", "asked_us"])
    op.create_table(
        "consent_delivery",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("visit", sa.String(16), primary_key=True),
        sa.Column("resident", sa.String(16), primary_key=True),
        sa.Column("target", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("due_us", sa.BigInteger),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("delivered_us", sa.BigInteger),
        sa.Column("failed", sa.String(64), nullable=False),
    )
    op.create_index("consent_delivery_due", "consent_delivery", ["compound", "due_us"])
    op.create_index("consent_delivery_digest", "consent_delivery", ["compound", "digest"])


def downgrade() -> None:
    op.drop_table("consent_delivery")
    op.drop_table("consent_request")
    op.drop_table("resident")
    op.drop_index("visitor_form_visit", "visitor_form")
