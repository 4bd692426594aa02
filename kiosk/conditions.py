"""The conditions of a policy document: how each is written, what it means, and its test once its fact is known. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, NoReturn, TypeVar

from kiosk.errors import UsageError
from kiosk.model import (
    Celsius,
    ClockState,
    Credential,
    Facts,
    FindingKind,
    HealthStatus,
    Need,
    Verdict,
    VisitorKind,
)

LOWEST_C, HIGHEST_C = 30.0, 45.0
"""The thresholds that can be meant for a body: a kelvin or Fahrenheit figure is a slip."""

Operand = TypeVar("Operand")
Listed = TypeVar("Listed", bound=StrEnum)


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
        if not _known(self.fact, facts):
            return None
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


def reject(sentence: str) -> NoReturn:
    """Refuse a document. Raises UsageError."""
    raise UsageError(sentence)


def _known(fact: Need, facts: Facts) -> bool:
    match fact:
        case Need.TEMPERATURE:
            return facts.reading is not None
        case Need.PASS:
            return facts.admission_pass is not None
        case Need.HEALTH_CODE:
            return facts.health_code is not None
        case _:
            return False


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


def _true(value: object, place: str) -> bool:
    if value is not True:
        reject(f"{place} can only be true, not {value!r}; remove the rule if it is not meant")
    return True


def _degrees(value: object, place: str) -> Celsius:
    if isinstance(value, bool) or not isinstance(value, int | float) or not LOWEST_C <= value <= HIGHEST_C:
        reject(f"{place} must be degrees Celsius from {LOWEST_C:g} to {HIGHEST_C:g}, not {value!r}")
    return Celsius(float(value))


def _some_of(kind: type[Listed]) -> Callable[[object, str], frozenset[Listed]]:
    def read(value: object, place: str) -> frozenset[Listed]:
        names = ", ".join(kind)
        if not isinstance(value, list) or not value:
            reject(f"{place} must be a list with some of {names}, not {value!r}")
        for name in value:
            if name not in tuple(kind):
                reject(f"{place} lists {name!r}; it can list {names}")
        if len(set(value)) != len(value):
            reject(f"{place} lists a name twice; remove one")
        return frozenset(kind(name) for name in value)

    return read


def _verdict(credential: Credential | None) -> Verdict | None:
    return None if credential is None else credential.verdict


def _visitor(facts: Facts) -> VisitorKind | None:
    # What a pass says about its holder counts only once the pass itself is believed, and not had its use.
    found = facts.admission_pass
    good = found is not None and found.verdict is Verdict.VALID and not facts.pass_used
    return found.visitor if found is not None and good else None


def _pass(facts: Facts, verdicts: frozenset[Verdict]) -> bool:
    # A pass that has had its one use is not valid to any rule, also of a document that does not ask for it.
    found = _verdict(facts.admission_pass)
    return found in verdicts and not (found is Verdict.VALID and facts.pass_used)


def _health(facts: Facts) -> HealthStatus:
    found = facts.health_code
    if found is not None and found.verdict is Verdict.VALID:
        return found.health or HealthStatus.UNKNOWN
    if found is not None and found.verdict is Verdict.EXPIRED:
        return HealthStatus.EXPIRED
    return HealthStatus.UNKNOWN


def _certificate(facts: Facts, kinds: frozenset[FindingKind]) -> bool:
    # A certificate tells something only once it is believed; what is over, or has yet to happen, counts for nothing.
    found = facts.certificate
    if found is None or found.verdict is not Verdict.VALID:
        return False
    return any(finding.kind in kinds and finding.in_force for finding in found.findings)


def _at_least(facts: Facts, threshold: Celsius) -> bool:
    # Not `>=`: a reading that is no number must never pass for a normal temperature.
    return facts.reading is not None and not facts.reading.body_c < threshold


def _below(facts: Facts, threshold: Celsius) -> bool:
    return facts.reading is not None and facts.reading.body_c < threshold


_TABLE: tuple[Form[Any], ...] = (
    Form("always", "true", "The rule applies to everybody. It stands alone.", None, _true, lambda _, always: always),
    Form(
        "temperature_at_least",
        "°C, 30 to 45",
        "The body temperature is at or above this.",
        Need.TEMPERATURE,
        _degrees,
        _at_least,
    ),
    Form(
        "temperature_below",
        "°C, 30 to 45",
        "The body temperature is below this.",
        Need.TEMPERATURE,
        _degrees,
        _below,
    ),
    Form(
        "visitor",
        "list of visitor kinds",
        "A valid pass, not used up, says that its holder is one of these.",
        Need.PASS,
        _some_of(VisitorKind),
        lambda facts, kinds: _visitor(facts) in kinds,
    ),
    Form(
        "pass",
        "list of verdicts",
        "The check of the pass ended with one of these; one that is used up is not `valid`.",
        Need.PASS,
        _some_of(Verdict),
        _pass,
    ),
    Form(
        "pass_used",
        "true",
        "The pass is for a single use, and that use was made.",
        Need.PASS,
        _true,
        lambda facts, used: facts.pass_used is used,
    ),
    Form(
        "health",
        "list of health statuses",
        "The health code stands for one of these; a code that is not valid is `unknown`, or `expired`.",
        Need.HEALTH_CODE,
        _some_of(HealthStatus),
        lambda facts, statuses: _health(facts) in statuses,
    ),
    Form(
        "health_verdict",
        "list of verdicts",
        "The check of the health code ended with one of these.",
        Need.HEALTH_CODE,
        _some_of(Verdict),
        lambda facts, verdicts: _verdict(facts.health_code) in verdicts,
    ),
    Form(
        "certificate",
        "list of findings",
        "The health code is a valid certificate that tells one of these, now in force.",
        Need.HEALTH_CODE,
        _some_of(FindingKind),
        _certificate,
    ),
    Form(
        "unavailable",
        "list of needs",
        "One of these cannot be had now, because a part of the kiosk or a service is lost.",
        None,
        _some_of(Need),
        lambda facts, needs: not needs.isdisjoint(facts.unavailable),
    ),
    Form(
        "clock",
        "list of clock states",
        "The kiosk's clock is in one of these states; times on a pass mean nothing to one that was never set.",
        None,
        _some_of(ClockState),
        lambda facts, states: facts.clock in states,
    ),
)
FORMS: Mapping[str, Form[Any]] = MappingProxyType({form.name: form for form in _TABLE})
