"""What is known of the visitor in front of the gate, as it comes in. Pure but for its own memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kiosk import standing
from kiosk.credentials import CardPart, CardParts, HealthToken, Here, TrustList, examine, examine_parts, resolved
from kiosk.credentials.arrivals import Arrivals
from kiosk.credentials.revocations import Revocations
from kiosk.evidence import CERTIFICATES, ColourSeen, Credential, CredentialKind, HealthStatus, Reading, Scan, Verdict
from kiosk.holder import Holder
from kiosk.model import ClockState, Facts, LocalTime, Need, Part
from kiosk.people import Consent, Declaration, Filing
from kiosk.units import Monotonic, Seconds, WallTime

NEEDS_OF: Mapping[Part, frozenset[Need]] = {
    Part.THERMOMETER: frozenset({Need.TEMPERATURE}),
    Part.CAMERA: frozenset({Need.PASS, Need.HEALTH_CODE}),
    Part.EYES: frozenset({Need.PASS, Need.HEALTH_CODE}),
    Part.SERVER: frozenset({Need.FORM, Need.CONSENT, Need.FILING}),
}
"""What cannot be had while a part is lost, unless it is known already."""
TOLERANCE: Mapping[ClockState, Seconds] = {
    ClockState.SYNCHRONISED: Seconds(2.0),
    ClockState.DRIFTING: Seconds(120.0),
    ClockState.NEVER_SET: Seconds(0.0),
}
"""How far a pass's times may be missed by a clock in each state."""


OUT_OF_SIGHT = Seconds(0.7)
"""A code that was captured so long ago is not held up any more: the eyes tell of one every 0.3 s, a little late."""
ASKED_AT_MOST = 4
"""Health codes that one visitor may have looked up: a phone that shows ever new ones must not busy the issuer."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a scan, on both clocks; `here`: at which gate, and at what time of its week."""

    wall: WallTime
    clock: ClockState
    mono: Monotonic
    here: Here | None = None


@dataclass(slots=True)
class Evidence:
    """The facts of one visit, and when each was there first. Times are of the boot-wide monotonic clock."""

    facts: Facts = field(default_factory=Facts)
    times: dict[str, Monotonic] = field(default_factory=dict)
    seen: dict[bytes, Monotonic] = field(default_factory=dict, repr=False)
    asked: dict[str, HealthToken] = field(default_factory=dict, repr=False)
    recognised: bool = True
    _tokens: set[bytes] = field(default_factory=set, repr=False)
    _certificates: set[bytes] = field(default_factory=set, repr=False)
    _certificate: Credential | None = None
    _parts: CardParts = field(default_factory=CardParts)
    _held: dict[Need, Scan] = field(default_factory=dict, repr=False)
    _beside: set[bytes] = field(default_factory=set, repr=False)
    _lost: frozenset[Need] = frozenset()
    _unanswered: bool = False
    _nobody_asked: bool = False

    def scanned(self, scan: Scan, trust: TrustList, now: Moment, used: Callable[[Credential], bool]) -> HealthToken | None:
        """Take in a code; return the token that its issuer has to be asked about, if it is one.

        A code that was taken in before changes nothing, so a phone held still is examined once; but for the parts of
        a card that is still being collected, which may come again, and for one that was seen beside a larger one of its
        sort, which is looked at again: of two that are held up the nearer one counts while it can be seen. `used` says
        whether a pass has had its single use.
        """
        fresh = scan.content not in self.seen or scan.content in self._beside or self._parts != CardParts()
        self.seen[scan.content] = scan.captured_at
        if not fresh:
            return None
        examined = examine(scan.content, trust, now.wall, TOLERANCE[now.clock], now.here)
        if isinstance(examined, CardPart):
            self._parts = self._parts.with_part(examined)
            self._certificates.add(scan.content)
            if not self._parts.complete:
                return None
            parts, self._parts = self._parts, CardParts()
            examined = examine_parts(parts, trust, now.wall, TOLERANCE[now.clock])
        if self._is_beside(examined, scan):
            self._beside.add(scan.content)
            return None
        self._beside.discard(scan.content)
        self.times |= {
            "code_captured": scan.captured_at,
            "code_decoded": scan.decoded_at,
            "code_verified": now.mono,
        }
        if isinstance(examined, HealthToken):
            self.recognised = True
            asked = examined.token in self.asked
            if not asked and len(self.asked) >= ASKED_AT_MOST:
                return None
            self._tokens.add(scan.content)
            if asked:
                return None
            self.asked[examined.token] = examined
            self.times["issuer_asked"] = now.mono
            self._update(replace(self.facts, pending=self.facts.pending | {Need.HEALTH_CODE}))
            return examined
        self.recognised = examined.kind is not CredentialKind.UNRECOGNISED
        if examined.kind is CredentialKind.PASS and _better(examined, self.facts.admission_pass):
            self._update(replace(self.facts, admission_pass=examined, pass_used=used(examined), clock=now.clock))
        elif examined.kind in CERTIFICATES and _better(examined, self._certificate):
            self._certificate = examined
            self._certificates.add(scan.content)
            self._update(replace(self.facts, clock=now.clock))
        return None

    def answered(self, token: str, status: HealthStatus | None, now: Monotonic, person: Holder | None = None) -> None:
        """Take in an issuer's answer, and whose the code is as far as it says; None when it gave none in time."""
        asked = self.asked.get(token)
        if asked is None:
            return
        self.times["issuer_answered"] = now
        facts = replace(self.facts, pending=self.facts.pending - {Need.HEALTH_CODE})
        self._unanswered = status is None
        if status is not None:
            facts = replace(facts, health_code=resolved(asked, status, person))
        self._update(facts)

    def _is_beside(self, examined: Credential | HealthToken, scan: Scan) -> bool:
        """Whether a code is held up beside a larger one of its sort that counts; one that is not takes its place."""
        if isinstance(examined, Credential) and examined.verdict is not Verdict.VALID:
            return False  # it takes nobody's place anyway
        sort = Need.PASS if isinstance(examined, Credential) and examined.kind is CredentialKind.PASS else Need.HEALTH_CODE
        held = self._held.get(sort)
        if held is not None and held.content != scan.content:
            in_sight = scan.captured_at - self.seen[held.content] < OUT_OF_SIGHT
            if in_sight and _side(scan) < _side(held):
                return True
        self._held[sort] = scan
        return False

    def counts(self, content: bytes) -> bool:
        """Whether a code was taken in as a health code or a part of one, though nothing may be known by it yet."""
        return content in self._tokens or content in self._certificates

    def coloured(self, captured_at: Monotonic, seen: ColourSeen) -> bool:
        """Take in the colour around the code of that frame, if it is a health code; whether it is.

        Where a frame shows several codes nobody knows around which of them the colour was.
        """
        shown = {content for content, at in self.seen.items() if at == captured_at}
        if len(shown) != 1 or not shown <= self._tokens:
            return False
        self._update(replace(self.facts, colour_seen=seen))
        return True

    def measured(self, reading: Reading) -> None:
        """Take in a reading; a later one of the same person refines it."""
        before = self.facts.reading
        if before is None or before.began_at != reading.began_at:
            self.times |= {"presence": reading.began_at, "reading": reading.at}
        self._update(replace(self.facts, reading=reading))

    def declared(self, declaration: Declaration, now: Monotonic) -> None:
        """Take in what the visitor told of themselves on the form; one that is sent again takes the place of the first."""
        self.times.setdefault("form_received", now)
        self._update(replace(self.facts, declaration=declaration))

    def consented(self, answer: Consent, now: Monotonic) -> None:
        """Take in what somebody of the house answered; a later answer counts."""
        self.times.setdefault("consent_received", now)
        self._update(replace(self.facts, consent=answer))

    def came_along(self, told: Declaration, consent: Consent | None, filing: Filing | None) -> None:
        """Take in what the first of a group has told, and what was said of all of them: nobody is asked again."""
        self._nobody_asked = consent is None
        self._update(replace(self.facts, declaration=told, consent=consent, filing=filing))

    def came_alone(self) -> None:
        """Forget what somebody else has told."""
        self._nobody_asked = False
        self._update(replace(self.facts, declaration=None, consent=None, filing=None))

    def unreached(self) -> None:
        """Nobody of the house can be asked just now; an answer that comes all the same still counts."""
        self._nobody_asked = True
        self._update(self.facts)

    def filed(self, filing: Filing, now: Monotonic) -> None:
        """Take in how a renovation stands with committee and property office."""
        self.times.setdefault("filing_received", now)
        self._update(replace(self.facts, filing=filing))

    def clocked(self, at: LocalTime | None) -> None:
        """Note what time it is at the gate; None: nobody can say."""
        if at != self.facts.local_time:
            self._update(replace(self.facts, local_time=at))

    def heed(self, revocations: Revocations) -> None:
        """Let a pass count no more that was taken back, perhaps since it was shown."""
        facts = revocations.applied(self.facts)
        if facts is not self.facts:
            self._update(facts)

    def expect(self, arrivals: Arrivals) -> None:
        """Take in what is known beforehand of whoever shows this pass."""
        facts = arrivals.applied(self.facts)
        if facts is not self.facts:
            self._update(facts)

    def in_sight(self, now: Monotonic) -> bool:
        """Whether a code of this visitor's is held up: one that is, is seen again and again."""
        return any(now - at < OUT_OF_SIGHT for at in self.seen.values())

    @property
    def was_measured(self) -> bool:
        """Whether there was a reading, even if it is forgotten."""
        return "reading" in self.times

    @property
    def vouches_no_more(self) -> bool:
        """Whether the reading was forgotten, since whoever it was of may have gone."""
        return self.was_measured and self.facts.reading is None

    def unmeasured(self) -> None:
        """Forget the reading: whoever it was of has left the spot."""
        if self.facts.reading is not None:
            self._update(replace(self.facts, reading=None))

    def without(self, parts: frozenset[Part]) -> None:
        """Note which parts are lost just now. What was learnt before still counts."""
        self._lost = frozenset(need for part in parts for need in NEEDS_OF.get(part, ()))
        self._update(self.facts)

    def give_up_waiting(self) -> None:
        """What is still pending will not come in time."""
        self._unanswered = Need.HEALTH_CODE in self.facts.pending
        self._update(replace(self.facts, pending=frozenset()))

    def _update(self, facts: Facts) -> None:
        facts = replace(facts, health_code=self._health_code(facts))
        lost = self._lost | {Need.HEALTH_CODE} if self._unanswered else self._lost
        lost = lost | {Need.CONSENT} if self._nobody_asked else lost
        missing = {need for need in lost if not standing.known(need, facts)} - facts.pending
        self.facts = replace(facts, unavailable=frozenset(missing))

    def _health_code(self, facts: Facts) -> Credential | None:
        """The issuer's answer or the certificate, where both were shown.

        A certificate never takes the place of a colour that an issuer gave, nor of one that is still to come.
        """
        answer = None if facts.certificate is not None else facts.health_code
        if Need.HEALTH_CODE in facts.pending or (answer is not None and answer.verdict is Verdict.VALID):
            return answer
        return self._certificate or answer


def _better(new: Credential, old: Credential | None) -> bool:
    """A valid pass is kept; anything else gives way to what is shown next."""
    return old is None or old.verdict is not Verdict.VALID or new.verdict is Verdict.VALID


def _side(scan: Scan) -> int:
    """How large a code is seen: half its outline's length in x and y; 0 where nobody says."""
    xs, ys = [x for x, _ in scan.corners], [y for _, y in scan.corners]
    return max(xs) - min(xs) + max(ys) - min(ys) if xs else 0
