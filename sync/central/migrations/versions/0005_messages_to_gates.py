"""Messages are addressed to gates, by that word. Those under way are dropped: they count for seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0005_messages_to_gates"
down_revision = "0004_documents"


def upgrade() -> None:
    _rename("device", "gate")


def downgrade() -> None:
    _rename("gate", "device")


def _rename(old: str, new: str) -> None:
    op.execute(sa.text("DELETE FROM message"))
    # Their columns alone: SQLite and PostgreSQL both rename one in place, and in the key with it.
    op.alter_column("message", old, new_column_name=new, existing_type=sa.String(63), existing_nullable=False)
