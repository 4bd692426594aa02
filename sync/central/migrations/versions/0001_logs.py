"""Logs, their events, what of them may name a person, and who has seen it."""

import sqlalchemy as sa
from alembic import op

revision = "0001_logs"
down_revision = None

NOT_BY_CLOCK = sa.text("timing != 1")


def upgrade() -> None:
    op.create_table(
        "compound",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("next_arrival", sa.BigInteger, nullable=False),
        sa.Column("next_access", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("log_id", sa.String(64), primary_key=True),
        sa.Column("next_seq", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("faulty", sa.BigInteger, nullable=False),
        sa.Column("aside", sa.BigInteger, nullable=False),
        sa.Column("gap_to", sa.BigInteger, nullable=False),
        sa.Column("gap_us", sa.BigInteger, nullable=False),
        sa.Column("begun_us", sa.BigInteger, nullable=False),
        sa.Column("received_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("arrival", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("received_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_digest", sa.LargeBinary(32)),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("signature", sa.LargeBinary),
        sa.Column("faulty", sa.String(400), nullable=False),
        sa.Column("forked", sa.Boolean, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("timing", sa.SmallInteger, nullable=False),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("mono_us", sa.BigInteger),
        postgresql_partition_by="RANGE (received_us)",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE event_default PARTITION OF event DEFAULT")
    op.create_index("event_place", "event", ["compound", "device", "log_id", "seq"])
    op.create_index("event_kind_at", "event", ["compound", "kind", "at_us"])
    op.create_index(
        "event_untimed",
        "event",
        ["compound", "device", "boot"],
        sqlite_where=NOT_BY_CLOCK,
        postgresql_where=NOT_BY_CLOCK,
    )
    op.create_table(
        "personal",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("arrival", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("raw", sa.LargeBinary),
    )
    op.create_index("personal_at", "personal", ["compound", "at_us"])
    op.create_table(
        "boot",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("boot", sa.String(64), primary_key=True),
        sa.Column("mono_us", sa.BigInteger, nullable=False),
        sa.Column("wall_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "envelope",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("arrival", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device", sa.String(63), nullable=False),
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("from_seq", sa.BigInteger, nullable=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
        sa.Column("received_us", sa.BigInteger, nullable=False),
    )
    op.create_index("envelope_received", "envelope", ["compound", "received_us"])
    op.create_table(
        "access",
        sa.Column("compound", sa.String(63), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
    )
    _only_append_to_access()


def downgrade() -> None:
    for name in ("access", "envelope", "boot", "personal", "event", "log", "compound"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def _only_append_to_access() -> None:
    """Let the database itself refuse to change or delete what is recorded of anybody's access."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'access is only appended to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER access_is_appended_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER access_refuses_{act.lower()} BEFORE {act} ON access"
            " BEGIN SELECT RAISE(ABORT, 'access is only appended to'); END"
        )
