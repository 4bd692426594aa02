"""What the screen should show: made of a visit, its evidence and what is around it. Pure.

How far a step is follows from the facts and from the rule that decided, never from the name of a reason: a document
may bring reasons of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk import flow, policy
from kiosk.conditions import Condition
from kiosk.deadlines import LIMITS, PATIENT
from kiosk.direction import Direction
from kiosk.evidence import HealthStatus, Reading, Verdict
from kiosk.facts import Evidence
from kiosk.model import Answer, Decision, Facts, Need, Part, Phase, ReasonCode, Role, VisitId
from kiosk.overriding import in_the_way
from kiosk.people import BADGES
from kiosk.policy import Override, OwnWords, PolicyDocument, Rule
from kiosk.policy.document import Words
from kiosk.site import Site
from kiosk.units import Monotonic
from kiosk.view import (
    Badge,
    Declined,
    FormTicket,
    GuardCall,
    Hint,
    Lines,
    Measured,
    OwnCard,
    ParkedTicket,
    Step,
    StepState,
    View,
)
from kiosk.visit import FormWanted, TimeWanted, Visit

SETTLED = 6
"""Samples, half a second's worth: after them the noise of the sensor is the smallest part of what is uncertain."""
CODES = frozenset({Need.PASS, Need.HEALTH_CODE})
HINTED = frozenset(
    {
        Phase.APPROACHING,
        Phase.COLLECTING,
        Phase.CHECKING,
        Phase.AWAITING_FORM,
        Phase.AWAITING_CONSENT,
        Phase.AWAITING_GUARD,
    }
)
"""Where what the visitor does better may still change something."""
TAKES = {Override.ONE_GUARD: 1, Override.TWO_PEOPLE: 2, Override.NOBODY: 0}
"""How many people let somebody in over a reason."""
ALPHABET = "23456789ACDEFGHJKMNPQRTUVWXY"
"""Read off a screen, said aloud, typed on a phone: of 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B one at most."""
SHORT = 6
NOBODY = frozenset({Phase.IDLE, Phase.ENDED, Phase.PARKED})
"""When the screen is free for notices."""
MOST_CARDS = 5
"""Of so many reasons at most a view carries the site's own card: it is to fit into one message."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is no fact of the visit: lost parts and since when, whether somebody is in the thermometer's field, and so on."""

    lost: Mapping[Part, Monotonic] = field(default_factory=dict)
    in_field: bool = False
    hint: Hint | None = None
    code_taken_at: Monotonic | None = None
    scanned_at: Monotonic | None = None
    parked: ParkedTicket | None = None
    parked_until: Monotonic | None = None
    declined: Declined | None = None
    badge: Badge | None = None
    next_of_group: tuple[int, int] | None = None


class Viewpoint:
    """Makes the views of one gate: it knows what the gate's rules can ask for, and what each of them finds fault with."""

    def __init__(self, site: Site, document: PolicyDocument | None = None) -> None:
        """See a gate by the rules of one document; without it by those in force."""
        self.site = site
        self.document = document or site.document
        rules = self.document.rules
        self.asks = self.document.asks
        """The facts that some rule may want."""
        self._cards = {code: _card(code, own) for code, own in self.document.words.items()}
        self._notices = tuple(_lines(notice) for notice in self.site.document.own_notices)
        self._faults = {rule.id: _faults(rule) for rule in rules}
        self._lacks = {rule.id: _lacks(rule) for rule in rules}
        self._badges = any(issuer.visitors & BADGES for issuer in site.trust.pass_issuers.values())

    def view(self, visit: Visit, evidence: Evidence, around: Surroundings, now: Monotonic) -> View:
        """Make the view of this moment."""
        guard = self._guard(visit, now)
        # An admission counts once it is durable: nobody is told that they may go in before.
        told = visit.decision is not None and (visit.decision.answer is not Answer.ADMIT or visit.admission is not None)
        decision = visit.decision if told else None
        server_lost_at = around.lost.get(Part.SERVER)
        parked = around.parked if visit.phase in {Phase.IDLE, Phase.PARKED} else None
        put_away_at = around.parked_until if parked is not None and visit.phase is Phase.IDLE else None
        return View(
            phase=visit.phase,
            visit=visit.id,
            at=now,
            steps=self._steps(visit, evidence, around),
            wanted=tuple(sorted(visit.wanted)),
            measured=_measured(visit, evidence.facts.reading),
            hint=around.hint if visit.phase in HINTED else None,
            code_taken_at=around.code_taken_at,
            scanned_at=around.scanned_at,
            answer=None if decision is None else decision.answer,
            reasons=() if decision is None else decision.reasons,
            own_words=self._own_words(decision),
            own_cards=self._own_cards(visit),
            own_notices=self._notices if visit.phase in NOBODY else (),
            badges=self._badges,
            badge=around.badge,
            form=self._form(visit),
            parked=parked,
            guard=guard,
            # Without the server the call reaches no console: the telephone is all that is left.
            guard_phone=self.site.phone
            if guard is GuardCall.UNANSWERED or (guard is not None and server_lost_at is not None)
            else None,
            override_takes=TAKES[policy.override(self.document, in_the_way(visit.decision))],
            declined=around.declined,
            language=_language(evidence.facts),
            ends_at=visit.deadline if visit.phase in PATIENT else put_away_at,
            extendable=put_away_at is not None or flow.takes(visit, TimeWanted()),
            lost=tuple(sorted(around.lost)),
            server_lost_at=server_lost_at,
            notices=self.site.document.shows,
            site_phone=self.site.phone,
            site_language=self.site.settings.language,
            volume=self.site.settings.volume,
            simulated=self.site.simulated,
            leaving=self.site.direction is Direction.OUT,
            next_of_group=around.next_of_group,
        )

    def _steps(self, visit: Visit, evidence: Evidence, around: Surroundings) -> tuple[tuple[Step, StepState], ...]:
        return (
            (Step.TEMPERATURE, self._temperature(visit, evidence.facts, around)),
            (Step.CODE, self._code(visit, evidence)),
            (Step.FORM, _form_step(visit, evidence.facts)),
        )

    def _temperature(self, visit: Visit, facts: Facts, around: Surroundings) -> StepState:
        if Need.TEMPERATURE not in self.asks:
            return StepState.NOT_NEEDED
        if Need.TEMPERATURE in self._found_in(visit.decision, self._faults):
            return StepState.NOT_IN_ORDER
        if facts.reading is not None and (Need.TEMPERATURE not in visit.wanted or visit.decision is not None):
            return StepState.DONE  # and otherwise a borderline one, which is measured on
        if Need.TEMPERATURE in facts.unavailable:
            return StepState.UNAVAILABLE
        if _admitted(visit):
            return StepState.NOT_NEEDED
        return StepState.ACTIVE if around.in_field and visit.phase is not Phase.IDLE else StepState.WAITING

    def _code(self, visit: Visit, evidence: Evidence) -> StepState:
        facts = evidence.facts
        shown = facts.admission_pass is not None or facts.health_code is not None
        if not self.asks & CODES:
            return StepState.NOT_NEEDED
        if self._found_in(visit.decision, self._faults) & CODES:
            return StepState.NOT_IN_ORDER
        if _admitted(visit):
            return StepState.DONE if shown else StepState.NOT_NEEDED
        if self._unavailable(visit, evidence):
            return StepState.UNAVAILABLE
        if Need.HEALTH_CODE in facts.pending or (shown and visit.decision is None and visit.wanted & CODES):
            return StepState.ACTIVE
        return StepState.DONE if shown else StepState.WAITING

    def _unavailable(self, visit: Visit, evidence: Evidence) -> bool:
        if visit.decision is not None:
            return bool(self._found_in(visit.decision, self._lacks) & evidence.facts.unavailable & CODES)
        # A health code that cannot be looked up matters to whoever has shown one; residents never do.
        missed = evidence.facts.unavailable & self.asks
        return Need.PASS in missed or (Need.HEALTH_CODE in missed and bool(evidence.asked))

    def _found_in(self, decision: Decision | None, what: Mapping[str, frozenset[Need]]) -> frozenset[Need]:
        """What the rule that decided says of facts; nothing of an admission or where a person decided."""
        if decision is None or decision.answer is Answer.ADMIT or decision.role is not Role.POLICY:
            return frozenset()
        return what.get(decision.rule, frozenset())

    def _own_words(self, decision: Decision | None) -> Lines:
        """What the rules themselves say to the visitor for the first reason."""
        own = None if decision is None or not decision.reasons else self._cards.get(decision.reasons[0])
        return () if own is None else own.visitor

    def _own_cards(self, visit: Visit) -> tuple[OwnCard, ...]:
        """What the rules themselves say of whoever is stopped, for their guard."""
        if visit.phase is not Phase.AWAITING_GUARD or visit.decision is None:
            return ()
        return tuple(self._cards[code] for code in visit.decision.reasons[:MOST_CARDS] if code in self._cards)

    def _form(self, visit: Visit) -> FormTicket | None:
        """Where the form is, in every phase in which it can be asked for; it counts until a parked visit expires."""
        base = self.site.form_base
        if base is None or visit.deadline is None or not flow.takes(visit, FormWanted()):
            return None
        url = self.site.form_url(visit.id)
        if url is None:
            return None
        return FormTicket(
            url=url,
            short=f"{base.partition('://')[2]}{short_code(visit.id)}",
            expires_at=Monotonic(visit.deadline + LIMITS[Phase.PARKED]),
        )

    def _guard(self, visit: Visit, now: Monotonic) -> GuardCall | None:
        if visit.called_at is None:
            return None
        return GuardCall.UNANSWERED if rung_out(self.site, visit, now) else GuardCall.RINGING


def rung_out(site: Site, visit: Visit, now: Monotonic) -> bool:
    """Whether the guard was called so long ago that nobody will answer."""
    return visit.called_at is not None and now >= visit.called_at + site.answers_s


def parked_ticket(visit: Visit) -> ParkedTicket | None:
    """What a visitor is given whose visit was parked; None for a visit that was not."""
    if visit.phase is not Phase.PARKED or visit.deadline is None:
        return None
    return ParkedTicket(short_code(visit.id), visit.deadline)


def short_code(visit: VisitId) -> str:
    """Return six characters that stand for a visit while it lasts. The server makes the same of the same visit."""
    number = int.from_bytes(hashlib.sha256(visit.encode()).digest()[:8])
    characters = []
    for _ in range(SHORT):
        number, digit = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(characters)


def served(before: Facts, after: Facts) -> frozenset[Need]:
    """Return what a scan has served: the facts that it brought, and those whose answer is now on its way."""
    brought = {
        Need.PASS: before.admission_pass is not after.admission_pass,
        Need.HEALTH_CODE: before.health_code is not after.health_code,
    }
    return frozenset(need for need, changed in brought.items() if changed) | (after.pending - before.pending)


def _card(reason: ReasonCode, own: OwnWords) -> OwnCard:
    return OwnCard(reason, _lines(own.visitor), _lines(own.say), _lines(own.do), str(own.call))


def _lines(words: Words) -> Lines:
    return tuple(words.items())


def _measured(visit: Visit, reading: Reading | None) -> Measured | None:
    if reading is None:
        return None
    # The reading that was decided on does not change any more.
    return Measured(reading.body_c, reading.uncertainty_c, visit.decision is not None or reading.samples >= SETTLED)


def _language(facts: Facts) -> str | None:
    return None if facts.admission_pass is None else facts.admission_pass.language


def _form_step(visit: Visit, facts: Facts) -> StepState:
    if visit.phase in {Phase.AWAITING_FORM, Phase.PARKED}:
        return StepState.ACTIVE
    if facts.admission_pass is not None and facts.admission_pass.holder == visit.id:
        return StepState.DONE  # the form has become this pass
    if facts.declaration is not None:
        return StepState.DONE
    if Need.FORM in facts.unavailable:
        return StepState.UNAVAILABLE
    return StepState.WAITING if Need.FORM in visit.wanted and not _admitted(visit) else StepState.NOT_NEEDED


def _admitted(visit: Visit) -> bool:
    return visit.decision is not None and visit.decision.answer is Answer.ADMIT


def _faults(rule: Rule) -> frozenset[Need]:
    """Return the facts that a rule stops people for."""
    return frozenset(condition.fact for condition in rule.when if condition.fact is not None and _finds_fault(condition))


def _finds_fault(condition: Condition) -> bool:
    """Whether a condition of a rule that stops people is about what is wrong, not about whom the rule concerns."""
    match condition.name, condition.operand:
        case (("pass" | "health_verdict"), frozenset() as verdicts):
            return Verdict.VALID not in verdicts
        case "health", frozenset() as statuses:
            return HealthStatus.GREEN not in statuses
        case (
            (
                "temperature_at_least"
                | "temperature_below"
                | "ambient_outside"
                | "uncertainty_above"
                | "reading_doubted"
                | "pass_used"
            ),
            _,
        ):
            return True
        case _:
            return False


def _lacks(rule: Rule) -> frozenset[Need]:
    """Return the facts without which a rule stops people."""
    found = [condition.operand for condition in rule.when if condition.name == "unavailable"]
    return frozenset(need for operand in found if isinstance(operand, frozenset) for need in operand)
