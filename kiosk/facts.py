"""What is known of the visitor in front of the gate, as it comes in. Pure but for its own memory."""

from dataclasses import dataclass, field, replace

from kiosk.credentials import Examined, HealthToken, TrustList, examine, resolved
from kiosk.model import (
    Credential,
    CredentialKind,
    Facts,
    HealthStatus,
    Monotonic,
    Need,
    Reading,
    Scan,
    Verdict,
    WallTime,
)


@dataclass(slots=True)
class Evidence:
    """The facts of one visit, and when each was there first. Times are of the boot-wide monotonic clock."""

    facts: Facts = field(default_factory=Facts)
    times: dict[str, Monotonic] = field(default_factory=dict)
    seen: dict[bytes, Monotonic] = field(default_factory=dict)
    asked: dict[str, HealthToken] = field(default_factory=dict)
    recognised: bool = True

    def scanned(self, scan: Scan, trust: TrustList, wall: WallTime, now: Monotonic) -> HealthToken | None:
        """Take in a code; return the token that its issuer has to be asked about, if it is one.

        A code that was taken in before changes nothing, so a phone held still is examined once.
        """
        fresh = scan.content not in self.seen
        self.seen[scan.content] = scan.captured_at
        if not fresh:
            return None
        examined: Examined = examine(scan.content, trust, wall)
        self.times |= {
            "code_captured": scan.captured_at,
            "code_decoded": scan.decoded_at,
            "code_verified": now,
        }
        if isinstance(examined, HealthToken):
            self.recognised = True
            if examined.token in self.asked:
                return None
            self.asked[examined.token] = examined
            self.facts = replace(self.facts, pending=self.facts.pending | {Need.HEALTH_CODE})
            return examined
        self.recognised = examined.kind is not CredentialKind.UNRECOGNISED
        if examined.kind is CredentialKind.PASS and _better(examined, self.facts.admission_pass):
            self.facts = replace(self.facts, admission_pass=examined)
        return None

    def answered(self, token: str, status: HealthStatus | None, now: Monotonic) -> None:
        """Take in an issuer's answer; None when it gave none in time."""
        asked = self.asked.get(token)
        if asked is None:
            return
        self.times["issuer_answered"] = now
        pending = self.facts.pending - {Need.HEALTH_CODE}
        if status is None:
            self.facts = replace(self.facts, pending=pending, unavailable=self.facts.unavailable | {Need.HEALTH_CODE})
        else:
            self.facts = replace(
                self.facts,
                pending=pending,
                unavailable=self.facts.unavailable - {Need.HEALTH_CODE},
                health_code=resolved(asked, status),
            )

    def measured(self, reading: Reading) -> None:
        """Take in a reading; a later one of the same person refines it."""
        if self.facts.reading is None:
            self.times |= {"presence": reading.began_at, "reading": reading.at}
        unavailable = self.facts.unavailable - {Need.TEMPERATURE}
        self.facts = replace(self.facts, reading=reading, unavailable=unavailable)

    def thermometer(self, *, lost: bool) -> None:
        """Note that no temperature can be had, or that it can again. One that was taken before still counts."""
        unavailable = self.facts.unavailable - {Need.TEMPERATURE}
        if lost and self.facts.reading is None:
            unavailable |= {Need.TEMPERATURE}
        self.facts = replace(self.facts, unavailable=unavailable)

    def give_up_waiting(self) -> None:
        """What is still pending will not come in time."""
        facts = self.facts
        self.facts = replace(facts, pending=frozenset(), unavailable=facts.unavailable | facts.pending)


def _better(new: Credential, old: Credential | None) -> bool:
    """A valid pass is kept; anything else gives way to what is shown next."""
    return old is None or old.verdict is not Verdict.VALID or new.verdict is Verdict.VALID
