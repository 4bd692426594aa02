"""What sealed parts can be found by. Going back loses nothing that is not made again from the sealed parts."""

import sqlalchemy as sa
from alembic import op

revision = "0002_blind_index"
down_revision = "0001_logs"

NOT_YET = sa.text("indexed = 0")


def upgrade() -> None:
    op.create_table(
        "blind",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("arrival", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary(16), primary_key=True),
        sa.Column("segment", sa.BigInteger, nullable=False),
    )
    op.create_index("blind_found", "blind", ["compound", "segment", "digest"])
    op.add_column("personal", sa.Column("indexed", sa.SmallInteger, nullable=False, server_default="0"))
    op.create_index(
        "personal_not_indexed", "personal", ["compound", "arrival"], sqlite_where=NOT_YET, postgresql_where=NOT_YET
    )


def downgrade() -> None:
    op.drop_index("personal_not_indexed", "personal")
    op.drop_column("personal", "indexed")
    op.drop_table("blind")
