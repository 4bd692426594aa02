"""The server's tables. The compound leads every key and every index, so that the same schema can be sharded by it.

On PostgreSQL `event` is partitioned by the month in which events were received. Nothing has to be unique over
several partitions: the head row in `log`, held while something is appended, is what makes a repeat a repeat, and the
row in `compound` gives out numbers of arrival. The tables of residents are in `residents.tables`.
"""

from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

metadata = MetaData()


class Timing(IntEnum):
    """Where an event's `at_us` comes from."""

    RECEIVED = 0
    """Its kiosk's clock cannot be believed, and nothing better is known yet: when it was received."""
    CLOCK = 1
    """Its kiosk's clock."""
    CORRECTED = 2
    """Its place on the monotonic clock of a boot of which one believed time is known."""


# One row for each compound: the numbers that it gives out next. Holding it puts writers of one compound in a row.
compound = Table(
    "compound",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("next_arrival", BigInteger, nullable=False),
    Column("next_access", BigInteger, nullable=False),
)

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
    # The furthest event that was offered while those before it were missing, and since when; 0: none are missing.
    Column("gap_to", BigInteger, nullable=False),
    Column("gap_us", BigInteger, nullable=False),
    Column("begun_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("compound", String(63), primary_key=True),
    # One order of arrival over a compound's logs, for readers that go on from where they were.
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("received_us", BigInteger, primary_key=True, autoincrement=False),
    Column("device", String(63), nullable=False),
    Column("log_id", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    # Empty for an event that cannot be believed (`personal.raw` then has it as it came), and for one that is `unread`.
    Column("kind", String(64), nullable=False),
    Column("header", Text, nullable=False),
    Column("prev_hash", LargeBinary(32), nullable=False),
    # Of the sealed part, which may be erased; absent where the event could not be read.
    Column("sealed_digest", LargeBinary(32)),
    Column("hash", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary),
    Column("faulty", String(400), nullable=False),
    Column("forked", Boolean, nullable=False),
    # When it happened as well as is known (`timing` says how); the header has what the kiosk's clock said.
    Column("at_us", BigInteger, nullable=False),
    Column("timing", SmallInteger, nullable=False),
    Column("boot", String(64), nullable=False),
    Column("mono_us", BigInteger),
    postgresql_partition_by="RANGE (received_us)",
)
Index("event_place", event.c.compound, event.c.device, event.c.log_id, event.c.seq)
Index("event_kind_at", event.c.compound, event.c.kind, event.c.at_us)
_not_by_clock = event.c.timing != Timing.CLOCK
Index(
    "event_untimed",
    event.c.compound,
    event.c.device,
    event.c.boot,
    sqlite_where=_not_by_clock,
    postgresql_where=_not_by_clock,
)

# All of an event that may name a person, in any form: what retention and erasure delete. The chain holds without it.
personal = Table(
    "personal",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("sealed", LargeBinary),
    # The whole event as it came, when the columns do not hold all of it: members that this version does not know,
    # which are kept for one that does, and whatever cannot be read or believed.
    Column("raw", LargeBinary),
    # Whether `blind` has what the sealed part can be found by: a `blind.Indexed`.
    Column("indexed", SmallInteger, nullable=False, server_default="0"),
)
Index("personal_at", personal.c.compound, personal.c.at_us)
_not_indexed = personal.c.indexed == 0
Index(
    "personal_not_indexed",
    personal.c.compound,
    personal.c.arrival,
    sqlite_where=_not_indexed,
    postgresql_where=_not_indexed,
)

# What sealed parts can be found by: keyed digests, deleted with the part. No key of them is in the database. Digests are
# spread at random: the segment (`segments`) keeps those that are written at the same time in the same place of the index.
blind = Table(
    "blind",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(16), primary_key=True),
    Column("segment", BigInteger, nullable=False),
)
Index("blind_found", blind.c.compound, blind.c.segment, blind.c.digest)

# One believed time of a boot, from which the times of its other events follow.
boot = Table(
    "boot",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("boot", String(64), primary_key=True),
    Column("mono_us", BigInteger, nullable=False),
    Column("wall_us", BigInteger, nullable=False),
)

# Events of a schema that this version does not know: kept as they came, and read (`rereading`) by a version that does.
unread = Table(
    "unread",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("device", String(63), nullable=False),
    Column("schema", BigInteger, nullable=False),
)
Index("unread_device", unread.c.compound, unread.c.device)

# Members of an upload, beside its events, that this version does not know: kept for one that does.
envelope = Table(
    "envelope",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("device", String(63), nullable=False),
    Column("log_id", String(64), nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("members", LargeBinary, nullable=False),
    Column("received_us", BigInteger, nullable=False),
)
Index("envelope_received", envelope.c.compound, envelope.c.received_us)

# Who saw, exported or erased what names a person, and why. The databases themselves refuse to change or delete a row.
access = Table(
    "access",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("act", String(32), nullable=False),
    Column("reason", String(400), nullable=False),
    # Which events or keys, as JSON; never what was searched for or found.
    Column("subject", Text, nullable=False),
)

# Who may speak for a gate: one row for each device that was ever enrolled.
device = Table(
    "device",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("gate", String(63), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("replaces", String(63)),
    Column("enrolled_us", BigInteger, nullable=False),
    # When and as what (`enrolled.Ended`) it ceased to be heard; null while it is.
    Column("ended_us", BigInteger),
    Column("ended_as", String(16)),
)
Index("device_key", device.c.compound, device.c.public_key, unique=True)

# Codes that let one device enrol, each once: digests of their secrets, and who used them.
enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("gate", String(63), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("replaces", String(63)),
    Column("issued_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("used_by", String(63)),
)

# Documents for kiosks, each once, as it was signed. The highest number in a place (gate, kind) is the newest; the older
# ones stay for whoever asks what was in force.
document = Table(
    "document",
    metadata,
    Column("compound", String(63), primary_key=True),
    # Empty: for every gate of the compound.
    Column("gate", String(63), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("effective_us", BigInteger, nullable=False),
    Column("statement", Text, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_by", String(200), nullable=False),
)

# Policies that somebody uploaded, to be looked at before they are signed: as they came.
policy_draft = Table(
    "policy_draft",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # Empty: meant for every gate of the compound.
    Column("gate", String(63), nullable=False),
    Column("uploaded_us", BigInteger, nullable=False),
    Column("uploaded_by", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    # The number under which it was published, and by whom; null while it was not.
    Column("published", BigInteger),
    Column("published_by", String(200)),
)

# Messages for now: there for the servers of one database to find, and for an issuer to learn what became of one. What
# has expired is never given to a kiosk; its row is deleted with the next command, or the next day.
message = Table(
    "message",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("gate", String(63), primary_key=True),
    # The one at the gate for which it is: others there neither hear of it nor believe it.
    Column("device", String(63), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("issued_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("fetched_us", BigInteger),
    Column("statement", Text, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)
Index("message_expires", message.c.compound, message.c.expires_us)

# Visitors' forms, one for each visit: nobody can send another's, or send one twice.
visitor_form = Table(
    "visitor_form",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("visit", String(16), primary_key=True),
    # Of the secret by which whoever has sent it sees the answer again.
    Column("key_digest", LargeBinary(32), nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("visitor", String(32), nullable=False),
    # All that names a person, to the key of the month.
    Column("sealed", LargeBinary, nullable=False),
    # How the works stand that it is about (`store.Works`); null where it is about none.
    Column("filing", String(16)),
)
Index("visitor_form_sent", visitor_form.c.compound, visitor_form.c.sent_us)
# What is asked by visit alone: a gate's log names the visit, and its device by the name that it had then.
Index("visitor_form_visit", visitor_form.c.compound, visitor_form.c.visit)

# Who may sign in to the pages. `compound` is * for whoever is for all of them; a username is unique over all.
staff_account = Table(
    "staff_account",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("username", String(63), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("role", String(32), nullable=False),
    # Argon2id, with its salt and cost.
    Column("password", String(200), nullable=False),
    Column("added_us", BigInteger, nullable=False),
    Column("signed_in_us", BigInteger),
    Column("disabled_us", BigInteger),
)

# Who is signed in: digests of the ids that only browsers have.
staff_session = Table(
    "staff_session",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("username", String(63), nullable=False),
    Column("begun_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)
Index("staff_session_of", staff_session.c.compound, staff_session.c.username)

# Passes for many uses that were issued on a page. The text of none is here: with the key, and only with it, it is made again.
issued_pass = Table(
    "issued_pass",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("pass_id", String(24), primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("visitor", String(32), nullable=False),
    # A company or a post, and nobody's name.
    Column("label", String(80), nullable=False),
    Column("claims", Text, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("issued_us", BigInteger, nullable=False),
    Column("issued_by", String(200), nullable=False),
    Column("revoked_us", BigInteger),
    Column("revoked_by", String(200)),
)
Index("issued_pass_at", issued_pass.c.compound, issued_pass.c.issued_us)
