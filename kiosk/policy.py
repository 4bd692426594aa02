"""The rules of admission: a policy document and the facts in, a decision or what is still needed out. Pure.

Evaluation is three-valued. A condition on a fact that is not known yet is neither true nor false; a rule that
may yet turn out true keeps every later rule from deciding, so that a decision once reached stands whatever
else is learnt. The language is described in `docs/policy.md`; a test holds it against the table here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, NoReturn, TypeVar

from kiosk.errors import UsageError
from kiosk.model import (
    Answer,
    Celsius,
    ClockState,
    Credential,
    Decision,
    Facts,
    HealthStatus,
    Need,
    Needs,
    ReasonCode,
    Verdict,
    VisitorKind,
)

SCHEMA = 1
LANGUAGES = ("zh", "en", "ja", "ko")
DEFAULT_RULE = "default"
"""The rule named in a decision when none of the document's applied."""
NO_RULE_APPLIES = ReasonCode("no_rule_applies")
LOWEST_C, HIGHEST_C = 30.0, 45.0
"""The thresholds that can be meant for a body: a kelvin or Fahrenheit figure is a slip."""
MAX_RULES = 200

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,62}")

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
class Rule:
    """When all conditions hold, this answer for this reason."""

    id: str
    when: tuple[Condition, ...]
    then: Answer
    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A parsed policy document: its rules in the order in which they are asked."""

    id: str
    version: int
    title: Mapping[str, str]
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """`id@version`, as decisions and records name it."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Step:
    """How one rule fared: true, false, or None with the facts it lacks."""

    rule: Rule
    holds: bool | None
    lacks: frozenset[Need] = frozenset()


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A line of the documentation."""

    name: str
    type: str
    meaning: str


def evaluate(document: PolicyDocument, facts: Facts) -> Decision | Needs:
    """Apply the rules in order: a decision, or the facts without which there is none.

    Needs whose answer is pending count as wanted too: they are not met yet.
    """
    wanted: frozenset[Need] = frozenset()
    for step in trace(document, facts):
        wanted |= step.lacks
        if step.holds and not wanted:
            return Decision(step.rule.then, (step.rule.reason,), step.rule.id, document.name)
    if wanted:
        return Needs(wanted)
    return Decision(Answer.HOLD, (NO_RULE_APPLIES,), DEFAULT_RULE, document.name)


def trace(document: PolicyDocument, facts: Facts) -> Iterator[Step]:
    """Yield how each rule fares, in order, up to and with the first that is true."""
    for rule in document.rules:
        answers = [(condition, condition.holds(facts)) for condition in rule.when]
        if any(holds is False for _, holds in answers):
            yield Step(rule, holds=False)
        elif lacks := frozenset(c.fact for c, holds in answers if holds is None and c.fact is not None):
            yield Step(rule, holds=None, lacks=lacks)
        else:
            yield Step(rule, holds=True)
            return


def open_ends(document: PolicyDocument) -> tuple[str, ...]:
    """Return a sentence for each rule that admits although a check before it cannot be made.

    A lost part makes conditions on its fact false, so a rule that stops people no longer stops anyone. Unless
    a rule of its own answers for the loss, later rules admit unchecked.
    """
    asked: dict[Need, str] = {}
    answered: set[Need] = set()
    found: list[str] = []
    for rule in document.rules:
        facts = {condition.fact for condition in rule.when if condition.fact is not None}
        if rule.then is Answer.ADMIT:
            found.extend(
                f"rule {rule.id!r} admits unchecked while the {fact}, asked for by rule {asked[fact]!r}, "
                f'cannot be had; put a rule with when = {{ unavailable = ["{fact}"] }} before it'
                for fact in sorted(asked.keys() - answered - facts)
            )
        else:
            for fact in facts:
                asked.setdefault(fact, rule.id)
        match rule.when:
            case (Condition(name="unavailable", operand=frozenset() as needs),):
                answered |= needs
    return tuple(found)


def conditions() -> tuple[ConditionRow, ...]:
    """Return every condition that a rule can have, for documentation and tools."""
    return tuple(ConditionRow(form.name, form.type, form.meaning) for form in _FORMS.values())


def parse(tree: Mapping[str, Any], where: str) -> PolicyDocument:
    """Make a document of a parsed TOML tree. Raises UsageError: one sentence with file, rule, key and remedy."""
    _only(tree, ("schema", "id", "version", "title", "rule"), where)
    if not (_is_integer(tree["schema"]) and tree["schema"] == SCHEMA):
        _reject(f"{where}: schema is {tree['schema']!r}; this version reads schema {SCHEMA}")
    identity = _text(tree["id"], _ID, f"{where}: id")
    version = tree["version"]
    if not _is_integer(version) or version < 1:
        _reject(f"{where}: version must be a whole number from 1 on, not {version!r}")
    title = _title(tree["title"], f"{where}: title")
    tables = tree["rule"]
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_RULES:
        _reject(f"{where}: write the rules as [[rule]] tables, 1 to {MAX_RULES} of them")
    rules: list[Rule] = []
    for number, table in enumerate(tables, start=1):
        rule = _rule(table, number, where)
        if any(rule.id == earlier.id for earlier in rules):
            _reject(f"{where}: rule {rule.id!r} is there twice; give each rule an id of its own")
        if rules and rules[-1].when[0].name == "always":
            _reject(f"{where}: rule {rule.id!r} is never reached after {rules[-1].id!r}, which always applies")
        rules.append(rule)
    return PolicyDocument(identity, version, title, tuple(rules))


def _rule(table: object, number: int, where: str) -> Rule:
    if not isinstance(table, Mapping):
        _reject(f"{where}: rule number {number} must be a [[rule]] table")
    if "id" not in table:
        _reject(f"{where}: rule number {number} must have the key 'id'; add it")
    identity = _text(table["id"], _ID, f"{where}: the id of rule number {number}")
    if identity == DEFAULT_RULE:
        _reject(f"{where}: a rule may not be called {DEFAULT_RULE!r}, which stands for 'none applied'; rename it")
    place = f"{where}: rule {identity!r}"
    _only(table, ("id", "when", "then", "reason"), place)
    when = table["when"]
    if not isinstance(when, Mapping):
        _reject(f"{place}: when must be a table of conditions such as {{ always = true }}, not {when!r}")
    if not when:
        _reject(f"{place}: when has no condition; for a rule that always applies write when = {{ always = true }}")
    if unknown := when.keys() - _FORMS.keys():
        _reject(f"{place}: {min(unknown)!r} is no condition; the conditions are {', '.join(_FORMS)}")
    if "always" in when and len(when) > 1:
        _reject(f"{place}: always = true stands alone; remove it or the other conditions")
    then = table["then"]
    if then not in tuple(Answer):
        _reject(f"{place}: then must be one of {', '.join(Answer)}, not {then!r}")
    reason = ReasonCode(_text(table["reason"], _REASON, f"{place}: reason"))
    made = tuple(_FORMS[name].make(operand, f"{place}: when.{name}") for name, operand in when.items())
    return Rule(identity, made, Answer(then), reason)


def _title(table: object, place: str) -> Mapping[str, str]:
    if not isinstance(table, Mapping):
        _reject(f"{place} must be a table with the keys {', '.join(LANGUAGES)}")
    _only(table, LANGUAGES, place)
    for language, text in table.items():
        if not (isinstance(text, str) and text.strip()):
            _reject(f"{place}.{language} must be a text, not {text!r}")
    return MappingProxyType(dict(table))


def _only(table: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
    if unknown := table.keys() - set(keys):
        _reject(f"{place}: there is no key {min(unknown)!r}; the keys are {', '.join(keys)}")
    for key in keys:
        if key not in table:
            _reject(f"{place}: the key {key!r} is missing; add it")


def _text(value: object, form: re.Pattern[str], place: str) -> str:
    if not (isinstance(value, str) and form.fullmatch(value)):
        _reject(f"{place} must be a name of the form {form.pattern}, not {value!r}")
    return value


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _reject(sentence: str) -> NoReturn:
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
class _Form(Generic[Operand]):
    """How a condition is written, what it means, and its test once its fact is known."""

    name: str
    type: str
    meaning: str
    fact: Need | None
    read: Callable[[object, str], Operand]
    test: Callable[[Facts, Operand], bool]

    def make(self, value: object, place: str) -> Condition:
        operand = self.read(value, place)
        return Condition(self.name, operand, self.fact, lambda facts: self.test(facts, operand))


def _true(value: object, place: str) -> bool:
    if value is not True:
        _reject(f"{place} can only be true, not {value!r}; remove the rule if it is not meant")
    return True


def _degrees(value: object, place: str) -> Celsius:
    if isinstance(value, bool) or not isinstance(value, int | float) or not LOWEST_C <= value <= HIGHEST_C:
        _reject(f"{place} must be degrees Celsius from {LOWEST_C:g} to {HIGHEST_C:g}, not {value!r}")
    return Celsius(float(value))


def _some_of(kind: type[Listed]) -> Callable[[object, str], frozenset[Listed]]:
    def read(value: object, place: str) -> frozenset[Listed]:
        names = ", ".join(kind)
        if not isinstance(value, list) or not value:
            _reject(f"{place} must be a list with some of {names}, not {value!r}")
        for name in value:
            if name not in tuple(kind):
                _reject(f"{place} lists {name!r}; it can list {names}")
        if len(set(value)) != len(value):
            _reject(f"{place} lists a name twice; remove one")
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


def _at_least(facts: Facts, threshold: Celsius) -> bool:
    # Not `>=`: a reading that is no number must never pass for a normal temperature.
    return facts.reading is not None and not facts.reading.body_c < threshold


def _below(facts: Facts, threshold: Celsius) -> bool:
    return facts.reading is not None and facts.reading.body_c < threshold


_TABLE: tuple[_Form[Any], ...] = (
    _Form("always", "true", "The rule applies to everybody. It stands alone.", None, _true, lambda _, always: always),
    _Form(
        "temperature_at_least",
        "°C, 30 to 45",
        "The body temperature is at or above this.",
        Need.TEMPERATURE,
        _degrees,
        _at_least,
    ),
    _Form(
        "temperature_below",
        "°C, 30 to 45",
        "The body temperature is below this.",
        Need.TEMPERATURE,
        _degrees,
        _below,
    ),
    _Form(
        "visitor",
        "list of visitor kinds",
        "A valid pass, not used up, says that its holder is one of these.",
        Need.PASS,
        _some_of(VisitorKind),
        lambda facts, kinds: _visitor(facts) in kinds,
    ),
    _Form(
        "pass",
        "list of verdicts",
        "The check of the pass ended with one of these; one that is used up is not `valid`.",
        Need.PASS,
        _some_of(Verdict),
        _pass,
    ),
    _Form(
        "pass_used",
        "true",
        "The pass is for a single use, and that use was made.",
        Need.PASS,
        _true,
        lambda facts, used: facts.pass_used is used,
    ),
    _Form(
        "health",
        "list of health statuses",
        "The health code stands for one of these; a code that is not valid is `unknown`, or `expired`.",
        Need.HEALTH_CODE,
        _some_of(HealthStatus),
        lambda facts, statuses: _health(facts) in statuses,
    ),
    _Form(
        "health_verdict",
        "list of verdicts",
        "The check of the health code ended with one of these.",
        Need.HEALTH_CODE,
        _some_of(Verdict),
        lambda facts, verdicts: _verdict(facts.health_code) in verdicts,
    ),
    _Form(
        "unavailable",
        "list of needs",
        "One of these cannot be had now, because a part of the kiosk or a service is lost.",
        None,
        _some_of(Need),
        lambda facts, needs: not needs.isdisjoint(facts.unavailable),
    ),
    _Form(
        "clock",
        "list of clock states",
        "The kiosk's clock is in one of these states; times on a pass mean nothing to one that was never set.",
        None,
        _some_of(ClockState),
        lambda facts, states: facts.clock in states,
    ),
)
_FORMS: Mapping[str, _Form[Any]] = MappingProxyType({form.name: form for form in _TABLE})
