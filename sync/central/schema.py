"""The server's tables. The compound leads every key, so that the same schema can be sharded by it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

_arrival = BigInteger().with_variant(Integer, "sqlite")

# One row for each log: its head, under which everything is appended in order, and what had to be counted apart.
log = Table(
    "log",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("log_id", String(64), primary_key=True),
    Column("next_seq", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("faulty", BigInteger, nullable=False),
    Column("aside", BigInteger, nullable=False),
)

event = Table(
    "event",
    metadata,
    # One order of arrival over all logs, for readers that go on from where they were.
    Column("arrival", _arrival, primary_key=True, autoincrement=True),
    Column("compound", String(63), nullable=False),
    Column("device", String(63), nullable=False),
    Column("log_id", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    # Empty for an event that cannot be believed; `raw` is always as it came.
    Column("kind", String(64), nullable=False),
    Column("header", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("faulty", String(400), nullable=False),
    Column("forked", Boolean, nullable=False),
    # When it happened, by the kiosk's clock where that can be believed, else when it was received.
    Column("at_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    ForeignKeyConstraint(["compound", "device", "log_id"], ["log.compound", "log.device", "log.log_id"], name="event_of_log"),
)
Index("event_place", event.c.compound, event.c.device, event.c.log_id, event.c.seq)
Index("event_kind_at", event.c.kind, event.c.at_us)

# Members of an upload, beside its events, that this version does not know: kept for one that does.
envelope = Table(
    "envelope",
    metadata,
    Column("arrival", _arrival, primary_key=True, autoincrement=True),
    Column("compound", String(63), nullable=False),
    Column("device", String(63), nullable=False),
    Column("log_id", String(64), nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("members", LargeBinary, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["compound", "device", "log_id"], ["log.compound", "log.device", "log.log_id"], name="envelope_of_log"
    ),
)
