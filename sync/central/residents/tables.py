"""The tables of residents: who lives here, what they were asked and answered, what they have filed, whom they expect."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, String, Table

from sync.central.schema import metadata

# Who lives here, to be asked about visitors: found by keyed digests, locked away under a key that the vault makes.
resident = Table(
    "resident",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("resident", String(16), primary_key=True),
    Column("unit_digest", LargeBinary(16), nullable=False),
    Column("name_digest", LargeBinary(16), nullable=False),
    Column("locked", LargeBinary, nullable=False),
    Column("added_us", BigInteger, nullable=False),
)
Index("resident_unit", resident.c.compound, resident.c.unit_digest)
Index("resident_name", resident.c.compound, resident.c.name_digest)

# What residents were asked about visits at the gate, and what the first of them answered.
consent_request = Table(
    "consent_request",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("visit", String(16), primary_key=True),
    Column("gate", String(63), nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    # A `consents.State`.
    Column("state", String(16), nullable=False),
    Column("answered_us", BigInteger),
    # The resident who did.
    Column("answered_by", String(16)),
)
Index("consent_request_asked", consent_request.c.compound, consent_request.c.asked_us)

# The way of one question to one target of one resident: attempts, and what became of it.
consent_delivery = Table(
    "consent_delivery",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("visit", String(16), primary_key=True),
    Column("resident", String(16), primary_key=True),
    # Its place among the resident's targets.
    Column("target", SmallInteger, primary_key=True, autoincrement=False),
    # Of the secret in the resident's link.
    Column("digest", LargeBinary(32), nullable=False),
    # When it is tried next; null when it is not tried again.
    Column("due_us", BigInteger),
    Column("attempts", SmallInteger, nullable=False),
    Column("delivered_us", BigInteger),
    # Why the last attempt failed, as a kind; never what a service said.
    Column("failed", String(64), nullable=False),
)
Index("consent_delivery_due", consent_delivery.c.compound, consent_delivery.c.due_us)
Index("consent_delivery_digest", consent_delivery.c.compound, consent_delivery.c.digest)

# Renovations as the office has them, one for each home.
filing = Table(
    "filing",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("unit_digest", LargeBinary(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("locked", LargeBinary, nullable=False),
)

# Letters of undertaking that came with forms: pictures made anew, to the key of the month.
undertaking = Table(
    "undertaking",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("visit", String(16), primary_key=True),
    Column("sent_us", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
Index("undertaking_sent", undertaking.c.compound, undertaking.c.sent_us)

# Addresses of residents' own pages, each by a digest of the secret in it.
home_link = Table(
    "home_link",
    metadata,
    Column("compound", String(63), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("resident", String(16), nullable=False),
    Column("issued_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
)
Index("home_link_resident", home_link.c.compound, home_link.c.resident, home_link.c.issued_us)

# Passes that residents have made out for whom they expect.
invitation = Table(
    "invitation",
    metadata,
    Column("compound", String(63), primary_key=True),
    # The pass's own id.
    Column("pass_id", String(24), primary_key=True),
    Column("unit_digest", LargeBinary(16), nullable=False),
    Column("resident", String(16), nullable=False),
    Column("begins_us", BigInteger, nullable=False),
    Column("ends_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
    # Who is expected, as their host typed it, locked as residents are.
    Column("locked", LargeBinary, nullable=False),
)
Index("invitation_unit", invitation.c.compound, invitation.c.unit_digest, invitation.c.ends_us)
