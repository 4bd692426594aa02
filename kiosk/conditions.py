"""The conditions of a policy document: how each is written, what it means, and its test once its fact is known. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from kiosk import operands, standing
from kiosk.evidence import Colour, FindingKind, HealthStatus, Verdict
from kiosk.model import ClockState, Facts, Need, TimeOfDay
from kiosk.operands import Hours, Travel, some_of
from kiosk.people import Consent, Filing, FirstReturn, Vehicle, VisitorKind
from kiosk.units import Celsius

Operand = TypeVar("Operand")


@dataclass(frozen=True, slots=True)
class Condition:
    """One named test of a rule. `fact` is what must be known to answer it; None when nothing must."""

    name: str
    operand: object
    fact: Need | None
    _test: Callable[[Facts], bool] = field(repr=False, compare=False)

    def holds(self, facts: Facts) -> bool | None:
        """True, False, or None while the fact is not known. A fact that cannot be had makes it False."""
        if self.fact is None:
            return self._test(facts)
        if self.fact in facts.unavailable:
            return False
        if not standing.known(self.fact, facts):
            return None
        return self._test(facts)

    def holds_of(self, facts: Facts) -> bool:
        """Whether it is true of facts that are all known and can all be had."""
        return self._test(facts)


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A line of the documentation."""

    name: str
    type: str
    meaning: str


def rows() -> tuple[ConditionRow, ...]:
    """Return every condition that a rule can have, for documentation and tools."""
    return tuple(ConditionRow(form.name, form.type, form.meaning) for form in FORMS.values())


@dataclass(frozen=True, slots=True)
class Form(Generic[Operand]):
    """How a condition is written, what it means, and its test once its fact is known."""

    name: str
    type: str
    meaning: str
    fact: Need | None
    read: Callable[[object, str], Operand]
    test: Callable[[Facts, Operand], bool]

    def make(self, value: object, place: str) -> Condition:
        """Read an operand and make the condition. Raises UsageError."""
        operand = self.read(value, place)
        return Condition(self.name, operand, self.fact, lambda facts: self.test(facts, operand))


def _at_least(facts: Facts, threshold: Celsius) -> bool:
    # Not `>=`: a reading that is no number must never pass for a normal temperature.
    return facts.reading is not None and not facts.reading.body_c < threshold


def _below(facts: Facts, threshold: Celsius) -> bool:
    return facts.reading is not None and facts.reading.body_c < threshold


def _samples_below(facts: Facts, count: int) -> bool:
    return facts.reading is not None and facts.reading.samples < count


def _ambient_outside(facts: Facts, air: tuple[Celsius, Celsius]) -> bool:
    return facts.reading is not None and not air[0] <= facts.reading.ambient_c <= air[1]


def _uncertainty_above(facts: Facts, limit: Celsius) -> bool:
    return facts.reading is not None and not facts.reading.uncertainty_c <= limit


def _stayed_in(facts: Facts, travel: Travel) -> bool:
    return facts.declaration is not None and any(map(travel.covers, facts.declaration.stays))


def _outside_hours(facts: Facts, hours: Hours) -> bool:
    # A gate that does not know the time keeps to no hours: it takes them for over.
    return facts.local_time is None or not hours.hold(facts.local_time)


_TABLE: tuple[Form[Any], ...] = (
    Form("always", "true", "The rule applies to everybody. It stands alone.", None, operands.true, lambda _, always: always),
    Form(
        "temperature_at_least",
        "°C, 30 to 45",
        "The body temperature is at or above this.",
        Need.TEMPERATURE,
        operands.degrees,
        _at_least,
    ),
    Form(
        "temperature_below",
        "°C, 30 to 45",
        "The body temperature is below this.",
        Need.TEMPERATURE,
        operands.degrees,
        _below,
    ),
    Form(
        "samples_below",
        "2 to 12",
        "The reading is of fewer samples than this; it settles with more.",
        Need.TEMPERATURE,
        operands.whole(2, 12),
        _samples_below,
    ),
    Form(
        "ambient_outside",
        "two °C, -40 to 60",
        "The air is colder than the first or warmer than the second.",
        Need.TEMPERATURE,
        operands.air,
        _ambient_outside,
    ),
    Form(
        "uncertainty_above",
        "°C, 0.1 to 3",
        "The reading is less certain than this, as the half-width of its 95 % interval.",
        Need.TEMPERATURE,
        operands.half_width,
        _uncertainty_above,
    ),
    Form(
        "visitor",
        "list of visitor kinds",
        "A valid pass, not used up, says so; without a pass the form may, but for residents and staff.",
        Need.PASS,
        some_of(VisitorKind),
        lambda facts, kinds: standing.visitor(facts) in kinds,
    ),
    Form(
        "pass",
        "list of verdicts",
        "The check of the pass ended with one of these; one that is used up is not `valid`.",
        Need.PASS,
        some_of(Verdict),
        standing.pass_ended_with,
    ),
    Form(
        "pass_used",
        "true",
        "The pass is for a single use, and that use was made.",
        Need.PASS,
        operands.true,
        lambda facts, used: facts.pass_used is used,
    ),
    Form(
        "health",
        "list of health statuses",
        "The health code stands for one of these; a code that is not valid is `unknown`, or `expired`.",
        Need.HEALTH_CODE,
        some_of(HealthStatus),
        lambda facts, statuses: standing.health(facts) in statuses,
    ),
    Form(
        "health_verdict",
        "list of verdicts",
        "The check of the health code ended with one of these.",
        Need.HEALTH_CODE,
        some_of(Verdict),
        lambda facts, verdicts: standing.verdict(facts.health_code) in verdicts,
    ),
    Form(
        "certificate",
        "list of findings",
        "The health code is a valid certificate that tells one of these, now in force.",
        Need.HEALTH_CODE,
        some_of(FindingKind),
        standing.certificate_tells,
    ),
    Form(
        "colour_seen",
        "list of colours",
        "The camera saw one of these around a health code: evidence that any screen can show. Such a rule only holds.",
        None,
        some_of(Colour),
        standing.shows,
    ),
    Form(
        "form",
        "true",
        "The visitor form is filled in.",
        Need.FORM,
        operands.true,
        lambda facts, _: facts.declaration is not None,
    ),
    Form(
        "consent",
        "list of consents",
        "Whoever is visited answered with one of these; a visitor's valid pass is a consent given beforehand.",
        Need.CONSENT,
        some_of(Consent),
        lambda facts, answers: standing.consent(facts) in answers,
    ),
    Form(
        "filing",
        "list of filings",
        "The renovation stands like one of these with committee and property office.",
        Need.FILING,
        some_of(Filing),
        lambda facts, standings: facts.filing in standings,
    ),
    Form(
        "stayed_in",
        "regions and days",
        "They have told of a stay in one of these regions that ended so many days ago or fewer. Nobody is asked.",
        None,
        operands.travel,
        _stayed_in,
    ),
    Form(
        "first_return",
        "list of returns",
        "They have told how their return stands, and it is one of these. Nobody is asked.",
        None,
        some_of(FirstReturn),
        lambda facts, returns: facts.declaration is not None and facts.declaration.first_return in returns,
    ),
    Form(
        "vehicle",
        "list of vehicles",
        "They have told what they come with, and it is one of these. Nobody is asked.",
        None,
        some_of(Vehicle),
        lambda facts, vehicles: facts.declaration is not None and facts.declaration.vehicle in vehicles,
    ),
    Form(
        "group_above",
        "1 to 50",
        "They have told of more people than this in their group. Nobody is asked.",
        None,
        operands.whole(1, 50),
        lambda facts, most: facts.declaration is not None and facts.declaration.group > most,
    ),
    Form(
        "outside_hours",
        "hours",
        "It is not within these hours at the gate, or the gate does not know what time it is.",
        None,
        operands.hours,
        _outside_hours,
    ),
    Form(
        "local_time",
        "list of known, unknown",
        "The gate knows what time it is there, or does not: its clock was never set, or its document names no zone.",
        None,
        some_of(TimeOfDay),
        lambda facts, states: (TimeOfDay.UNKNOWN if facts.local_time is None else TimeOfDay.KNOWN) in states,
    ),
    Form(
        "unavailable",
        "list of needs",
        "One of these cannot be had now, because a part of the kiosk or a service is lost.",
        None,
        some_of(Need),
        lambda facts, needs: not needs.isdisjoint(facts.unavailable),
    ),
    Form(
        "clock",
        "list of clock states",
        "The kiosk's clock is in one of these states; times on a pass mean nothing to one that was never set.",
        None,
        some_of(ClockState),
        lambda facts, states: facts.clock in states,
    ),
)
FORMS: Mapping[str, Form[Any]] = MappingProxyType({form.name: form for form in _TABLE})
