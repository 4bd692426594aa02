"""Devices and the codes that let them in. Going back forgets who was enrolled: every device enrols anew."""

import sqlalchemy as sa
from alembic import op

revision = "0003_devices"
down_revision = "0002_blind_index"


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("gate", sa.String(63), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("public_key", sa.LargeBinary(32), nullable=False),
        sa.Column("replaces", sa.String(63)),
        sa.Column("enrolled_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        sa.Column("ended_as", sa.String(16)),
    )
    op.create_index("device_key", "device", ["compound", "public_key"], unique=True)
    op.create_table(
        "enrolment_code",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("gate", sa.String(63), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("replaces", sa.String(63)),
        sa.Column("issued_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.Column("used_by", sa.String(63)),
    )


def downgrade() -> None:
    op.drop_table("enrolment_code")
    op.drop_table("device")
