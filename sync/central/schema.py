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

log = Table(
    "log",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("log_id", String(64), primary_key=True),
    Column("next_seq", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
)

event = Table(
    "event",
    metadata,
    # One order of arrival over all logs, for readers that go on from where they were.
    Column("arrival", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("compound", String(63), nullable=False),
    Column("device", String(63), nullable=False),
    Column("log_id", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("header", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("faulty", String(400), nullable=False),
    Column("forked", Boolean, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    ForeignKeyConstraint(["compound", "device", "log_id"], ["log.compound", "log.device", "log.log_id"], name="event_of_log"),
)
Index("event_place", event.c.compound, event.c.device, event.c.log_id, event.c.seq)
