"""The rules of admission: a policy document and the facts in, a decision or what is still needed out. Pure.

Evaluation is three-valued. A condition on a fact that is not known yet is neither true nor false; a rule that
may yet turn out true keeps every later rule from deciding, so that a decision once reached stands whatever
else is learnt. The language is described in `docs/policy.md`; a test holds it against the table here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kiosk.conditions import FORMS, Condition, reject
from kiosk.model import (
    Answer,
    Decision,
    Facts,
    Need,
    Needs,
    ReasonCode,
)

SCHEMA = 1
LANGUAGES = ("zh", "en", "ja", "ko")
DEFAULT_RULE = "default"
"""The rule named in a decision when none of the document's applied."""
NO_RULE_APPLIES = ReasonCode("no_rule_applies")
MAX_RULES = 200

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,62}")


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

    @property
    def asks(self) -> frozenset[Need]:
        """The facts that some rule asks for."""
        return frozenset(condition.fact for rule in self.rules for condition in rule.when if condition.fact is not None)


@dataclass(frozen=True, slots=True)
class Step:
    """How one rule fared: true, false, or None with the facts it lacks."""

    rule: Rule
    holds: bool | None
    lacks: frozenset[Need] = frozenset()


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


def parse(tree: Mapping[str, Any], where: str) -> PolicyDocument:
    """Make a document of a parsed TOML tree. Raises UsageError: one sentence with file, rule, key and remedy."""
    _only(tree, ("schema", "id", "version", "title", "rule"), where)
    if not (_is_integer(tree["schema"]) and tree["schema"] == SCHEMA):
        reject(f"{where}: schema is {tree['schema']!r}; this version reads schema {SCHEMA}")
    identity = _text(tree["id"], _ID, f"{where}: id")
    version = tree["version"]
    if not _is_integer(version) or version < 1:
        reject(f"{where}: version must be a whole number from 1 on, not {version!r}")
    title = _title(tree["title"], f"{where}: title")
    tables = tree["rule"]
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_RULES:
        reject(f"{where}: write the rules as [[rule]] tables, 1 to {MAX_RULES} of them")
    rules: list[Rule] = []
    for number, table in enumerate(tables, start=1):
        rule = _rule(table, number, where)
        if any(rule.id == earlier.id for earlier in rules):
            reject(f"{where}: rule {rule.id!r} is there twice; give each rule an id of its own")
        if rules and rules[-1].when[0].name == "always":
            reject(f"{where}: rule {rule.id!r} is never reached after {rules[-1].id!r}, which always applies")
        rules.append(rule)
    return PolicyDocument(identity, version, title, tuple(rules))


def _rule(table: object, number: int, where: str) -> Rule:
    if not isinstance(table, Mapping):
        reject(f"{where}: rule number {number} must be a [[rule]] table")
    if "id" not in table:
        reject(f"{where}: rule number {number} must have the key 'id'; add it")
    identity = _text(table["id"], _ID, f"{where}: the id of rule number {number}")
    if identity == DEFAULT_RULE:
        reject(f"{where}: a rule may not be called {DEFAULT_RULE!r}, which stands for 'none applied'; rename it")
    place = f"{where}: rule {identity!r}"
    _only(table, ("id", "when", "then", "reason"), place)
    when = table["when"]
    if not isinstance(when, Mapping):
        reject(f"{place}: when must be a table of conditions such as {{ always = true }}, not {when!r}")
    if not when:
        reject(f"{place}: when has no condition; for a rule that always applies write when = {{ always = true }}")
    if unknown := when.keys() - FORMS.keys():
        reject(f"{place}: {min(unknown)!r} is no condition; the conditions are {', '.join(FORMS)}")
    if "always" in when and len(when) > 1:
        reject(f"{place}: always = true stands alone; remove it or the other conditions")
    then = table["then"]
    if then not in tuple(Answer):
        reject(f"{place}: then must be one of {', '.join(Answer)}, not {then!r}")
    reason = ReasonCode(_text(table["reason"], _REASON, f"{place}: reason"))
    made = tuple(FORMS[name].make(operand, f"{place}: when.{name}") for name, operand in when.items())
    return Rule(identity, made, Answer(then), reason)


def _title(table: object, place: str) -> Mapping[str, str]:
    if not isinstance(table, Mapping):
        reject(f"{place} must be a table with the keys {', '.join(LANGUAGES)}")
    _only(table, LANGUAGES, place)
    for language, text in table.items():
        if not (isinstance(text, str) and text.strip()):
            reject(f"{place}.{language} must be a text, not {text!r}")
    return MappingProxyType(dict(table))


def _only(table: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
    if unknown := table.keys() - set(keys):
        reject(f"{place}: there is no key {min(unknown)!r}; the keys are {', '.join(keys)}")
    for key in keys:
        if key not in table:
            reject(f"{place}: the key {key!r} is missing; add it")


def _text(value: object, form: re.Pattern[str], place: str) -> str:
    if not (isinstance(value, str) and form.fullmatch(value)):
        reject(f"{place} must be a name of the form {form.pattern}, not {value!r}")
    return value


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
