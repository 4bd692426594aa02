"""The documents that a gate goes by just now, and what becomes of the ones that come down to it. Pure."""

from collections.abc import Mapping

from kiosk.credentials import TrustList
from kiosk.credentials.arrivals import NOBODY_EXPECTED, Arrivals
from kiosk.credentials.issued import NO_LIST, Issued
from kiosk.credentials.revocations import NOTHING_REVOKED, Revocations
from kiosk.frozen import frozen
from kiosk.policy import PolicyDocument
from kiosk.ports import Sealer
from kiosk.settings import AS_CONFIGURED, Settings
from kiosk.staleness import Confirmed, Kind


@frozen
class InForce:
    """All of them. Without a `sealer` nothing that names a person is recorded.

    `timetable`: documents of which the date says which one counts, where `document` is one of several.
    `confirmed`: when the server last vouched that each is the newest, None where nobody can say; and None altogether
    for a gate that gets no documents from a server, whose own do not age.
    """

    document: PolicyDocument
    trust: TrustList
    revocations: Revocations = NOTHING_REVOKED
    sealer: Sealer | None = None
    confirmed: Mapping[Kind, Confirmed | None] | None = None
    settings: Settings = AS_CONFIGURED
    issued: Issued = NO_LIST
    arrivals: Arrivals = NOBODY_EXPECTED
    timetable: tuple[PolicyDocument, ...] = ()


@frozen
class Applied:
    """A document that has come into force; `withdrawn`: that has gone, so that what there was before it counts again."""

    kind: Kind
    version: int
    digest: str
    withdrawn: bool = False


@frozen
class Renewed:
    """To the loop: from now on these are in force. `applied` are those that are new among them."""

    in_force: InForce
    applied: tuple[Applied, ...] = ()


@frozen
class PolicyTurned:
    """To the loop, and to whoever counts: the date has chosen this document."""

    document: PolicyDocument


@frozen
class DocumentRefused:
    """To the loop: a document came down that does not hold; the one in force stays. `reason` is one sentence."""

    kind: str
    version: int
    digest: str
    reason: str
