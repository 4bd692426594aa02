"""What the core needs, as small Protocols that it owns. Adapters translate third-party errors into ours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from kiosk.evidence import IssuerAnswer, Observation, Scan
from kiosk.frozen import frozen
from kiosk.gate_mode import GateMode, Kept, ModeOrder
from kiosk.model import ClockState, Decision, EventId, GateOutcome, VisitId
from kiosk.units import Monotonic, Seconds, WallTime

if TYPE_CHECKING:
    # Every process knows the ports; only the core shall carry what a visit is made of, and check credentials.
    from kiosk.credentials import HealthToken
    from kiosk.events import Draft
    from kiosk.spent import Spend
    from kiosk.visit import RecordGate


class Clock(Protocol):
    """Time: monotonic for deadlines, wall time for records."""

    def monotonic(self) -> Monotonic:
        """Seconds of the boot-wide monotonic clock."""

    def wall(self) -> WallTime:
        """Microseconds since 1970 UTC."""

    def state(self) -> ClockState:
        """How far `wall` may be believed."""

    def boot_id(self) -> str:
        """The identity of this boot: monotonic times compare only within one."""


class Thermometer(Protocol):
    """A contactless thermometer that watches one spot in front of the gate."""

    def observe(self) -> Observation:
        """Take one sample and say what is seen. Raises DeviceLost or DeviceFault."""

    def rest_s(self) -> Seconds:
        """How long the next sample can wait: looking sooner would show nothing new, later would cost time."""

    def close(self) -> None:
        """Let go of the bus. Idempotent."""


class CodeReader(Protocol):
    """A camera with its decoders."""

    def read(self) -> Sequence[Scan]:
        """Wait for the newest frame and return every code in it. Raises DeviceLost."""

    def close(self) -> None:
        """Let go of the camera. Idempotent."""


class Gate(Protocol):
    """The gate line, as the core commands it. Answers come back as events."""

    def open(self, admission: EventId, pulse_s: Seconds) -> None:
        """Ask for one bounded pulse on account of a durable admission. Raises DeviceLost."""

    def set_mode(self, mode: GateMode, until: Monotonic | None) -> None:
        """Tell of the mode that was ordered, and until when the gate is held open. Raises DeviceLost."""

    def heartbeat(self) -> None:
        """Say that the core is alive; without it the line goes inactive. Raises DeviceLost."""


@frozen
class Admission:
    """A durable admission whose end at the gate line is not yet recorded."""

    event: EventId
    visit: str


class Log(Protocol):
    """The durable log: a decision that it has returned an id for survives the loss of power.

    So does every other event, but for those recorded while the disk has failed: they are durable a moment later.
    """

    def append(
        self, draft: "Draft", *, visit: str, decision: Decision | None = None, spends: "Spend | None" = None
    ) -> EventId:
        """Record the event, the decision and the use of a pass, all or nothing. Raises LogUnusable.

        Raises Unacknowledged, which is a LogUnusable, when that is so for this event alone.
        """

    def record_outcome(
        self, admission: EventId, outcome: GateOutcome, draft: "Draft", *, gives_back: bool = False
    ) -> EventId:
        """Record how an admission ended, and whether its pass keeps its use. Raises LogUnusable."""

    def unresolved(self) -> Sequence[Admission]:
        """Admissions without an outcome, oldest first: what a crash left behind. Raises LogUnusable."""

    def spent(self) -> Sequence[str]:
        """The marks of the passes whose single use was made here. Raises LogUnusable."""

    def close(self) -> None:
        """Close the database. Idempotent."""


class HealthIssuer(Protocol):
    """A gateway to the service that answers for token health codes."""

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        """Ask the issuer. A status that is not known maps to UNKNOWN. Raises ServiceUnavailable."""


@frozen
class Sealed:
    """What only the holder of a private key can read, and the name of that key."""

    key_id: str
    data: bytes


class Sealer(Protocol):
    """Seals what names a person to the compound's key of a month. Nobody at the gate can open it again."""

    def seal(self, personal: bytes, at: WallTime) -> Sealed:
        """Seal to the key of the month that holds `at`. Takes well under a millisecond, and never fails."""


class FormLinks(Protocol):
    """Makes the addresses at which visitors' phones find their forms."""

    def token(self, visit: VisitId) -> str | None:
        """Return the part of the address that names a visit, always the same; None while this gate can vouch for none."""


class Recorder(Protocol):
    """Writes to the durable log on a thread of its own; answers to a decision come back as Recorded."""

    def decision(self, visit: VisitId, decision: Decision, draft: "Draft", spends: "Spend | None") -> None:
        """Make a decision durable, and the use of a pass with it."""

    def outcome(self, effect: "RecordGate", draft: "Draft", *, gives_back: bool) -> None:
        """Record how an admission ended, and whether its pass keeps its use."""

    def mode(self, draft: "Draft", kept: Kept, order: ModeOrder | None) -> None:
        """Record the mode that the gate is in, and keep it for the next start; an order is answered by ModeRecorded."""

    def note(self, visit: VisitId, draft: "Draft") -> None:
        """Record anything else."""


class Resolver(Protocol):
    """Asks issuers on a thread of its own; answers come back as TokenAnswered."""

    def ask(self, visit: VisitId, token: "HealthToken") -> None:
        """Ask about a token."""
