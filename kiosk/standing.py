"""What the facts amount to: who somebody is believed to be, what their codes are worth, whether somebody agreed. Pure."""

from kiosk.evidence import Colour, Credential, FindingKind, HealthStatus, Verdict
from kiosk.holder import Match, Strictness, matched
from kiosk.model import Facts, Need
from kiosk.people import OF_THE_HOUSE, Consent, VisitorKind


def known(fact: Need, facts: Facts) -> bool:
    """Whether a fact is known."""
    match fact:
        case Need.TEMPERATURE:
            return facts.reading is not None
        case Need.PASS:
            return facts.admission_pass is not None or _declared(facts) is not None
        case Need.HEALTH_CODE:
            return facts.health_code is not None
        case Need.FORM:
            return facts.declaration is not None
        case Need.CONSENT:
            return consent(facts) is not None
        case Need.FILING:
            return facts.filing is not None


def verdict(credential: Credential | None) -> Verdict | None:
    """How the check of a code ended, if one was shown."""
    return None if credential is None else credential.verdict


def visitor(facts: Facts) -> VisitorKind | None:
    """Who somebody is believed to be."""
    # What a pass says about its holder counts only once the pass itself is believed, and not had its use. What
    # somebody says of themselves counts only while no pass was shown that says otherwise.
    found = facts.admission_pass
    if found is None:
        return _declared(facts)
    return found.visitor if found.verdict is Verdict.VALID and not facts.pass_used else None


def _declared(facts: Facts) -> VisitorKind | None:
    # To belong here is proven by a pass, never by saying so.
    said = None if facts.declaration is None else facts.declaration.visitor
    return None if said in OF_THE_HOUSE else said


def consent(facts: Facts) -> Consent | None:
    """What somebody of the house answered, now or beforehand."""
    # A visitor's pass was issued because somebody of the house wanted them to come; what is answered now outweighs it.
    if facts.consent is not None:
        return facts.consent
    shown = facts.admission_pass
    invited = shown is not None and shown.invited and visitor(facts) not in OF_THE_HOUSE | {None}
    return Consent.GIVEN if invited else None


def pass_ended_with(facts: Facts, verdicts: frozenset[Verdict]) -> bool:
    """Whether the check of the pass ended with one of these."""
    # A pass that has had its one use is not valid to any rule, also of a document that does not ask for it.
    found = verdict(facts.admission_pass)
    return found in verdicts and not (found is Verdict.VALID and facts.pass_used)


def health(facts: Facts) -> HealthStatus:
    """What the health code stands for. Anything that is not valid is never green."""
    found = facts.health_code
    if found is not None and found.verdict is Verdict.VALID:
        return found.health or HealthStatus.UNKNOWN
    if found is not None and found.verdict is Verdict.EXPIRED:
        return HealthStatus.EXPIRED
    return HealthStatus.UNKNOWN


SURE = 0.6
"""A colour that the camera is less sure of is none."""


def shows(facts: Facts, colours: frozenset[Colour]) -> bool:
    """Whether one of these colours was seen around a health code."""
    seen = facts.colour_seen
    return seen is not None and seen.confidence >= SURE and seen.colour in colours


def certificate_tells(facts: Facts, kinds: frozenset[FindingKind]) -> bool:
    """Whether a health certificate tells one of these."""
    # A certificate tells something only once it is believed; what is over, or has yet to happen, counts for nothing.
    found = facts.certificate
    if found is None or found.verdict is not Verdict.VALID:
        return False
    return any(finding.kind in kinds and finding.in_force for finding in found.findings)


def identity(facts: Facts, strictness: Strictness) -> Match | None:
    """Whether form and health code are about the same person; None where one of them does not say whom it is about."""
    declared, shown = facts.declaration, facts.health_code
    # What a code says of its holder counts only once the code itself is believed.
    if declared is None or shown is None or shown.person is None or shown.verdict is not Verdict.VALID:
        return None
    # Of those who come along nobody has said who is who.
    told = declared.companions if declared.person is None else (declared.person,)
    found = {matched(one, shown.person, strictness) for one in told}
    return next((match for match in (Match.AGREES, Match.UNDECIDED, Match.DIFFERS) if match in found), None)
