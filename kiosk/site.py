"""What a running kiosk knows of its gate."""

from collections.abc import Mapping
from dataclasses import replace

from kiosk.credentials import TrustList
from kiosk.credentials.arrivals import NOBODY_EXPECTED, Arrivals
from kiosk.credentials.issued import NO_LIST, Issued
from kiosk.credentials.revocations import NOTHING_REVOKED, Revocations
from kiosk.direction import Direction
from kiosk.frozen import frozen
from kiosk.in_force import InForce
from kiosk.leaving import letting_out
from kiosk.model import Part, VisitId
from kiosk.policy import PolicyDocument
from kiosk.ports import FormLinks, Sealer
from kiosk.settings import AS_CONFIGURED, Settings
from kiosk.staleness import Confirmed, Kind
from kiosk.units import Seconds

GUARD_ANSWERS = Seconds(60.0)


@frozen
class Site:
    """What the runtime knows of its gate.

    `form_base`: what a form's address begins with; None where there is no server. `form_links` makes the rest of it;
    without it no form is offered. `guard_phone`: whom to call when nobody has answered for `guard_answers_s`. `direction`:
    which way people go. What it goes by is as in `InForce`; at an exit as in `leaving.letting_out`.
    """

    gate: str
    software: str
    simulated: bool
    pulse_s: Seconds
    document: PolicyDocument
    trust: TrustList
    form_base: str | None = None
    guard_answers_s: Seconds = GUARD_ANSWERS
    guard_phone: str | None = None
    sealer: Sealer | None = None
    form_links: FormLinks | None = None
    revocations: Revocations = NOTHING_REVOKED
    confirmed: Mapping[Kind, Confirmed | None] | None = None
    settings: Settings = AS_CONFIGURED
    issued: Issued = NO_LIST
    arrivals: Arrivals = NOBODY_EXPECTED
    direction: Direction = Direction.IN
    timetable: tuple[PolicyDocument, ...] = ()

    @property
    def phone(self) -> str | None:
        """Whom to call when nobody answers, as it was set last."""
        return self.settings.guard_phone or self.guard_phone

    @property
    def answers_s(self) -> Seconds:
        """After how long nobody will, as it was set last."""
        return self.settings.guard_answers_s or self.guard_answers_s

    def without(self, lost: frozenset[Part]) -> frozenset[Part]:
        """Return the parts that this gate has to do without, where these are lost: also the server that it never had."""
        return lost if self.form_base is not None else lost | {Part.SERVER}

    def form_url(self, visit: VisitId) -> str | None:
        """Where a visit's form is; None where there is no server, or this gate can vouch for no visit now."""
        if self.form_base is None or self.form_links is None:
            return None
        token = self.form_links.token(visit)
        return None if token is None else f"{self.form_base}{token}"

    def going_by(self, now: InForce) -> "Site":
        """Return the gate as it is under these documents."""
        if self.direction is Direction.OUT:
            now = letting_out(now)
        return replace(
            self,
            document=now.document,
            trust=now.trust,
            sealer=now.sealer,
            revocations=now.revocations,
            confirmed=now.confirmed,
            settings=now.settings,
            issued=now.issued,
            arrivals=now.arrivals,
            timetable=now.timetable,
        )
