"""From a parsed TOML tree to a policy document, or one sentence on what is wrong with it and where. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from kiosk import operands
from kiosk.conditions import FORMS
from kiosk.model import Answer, ReasonCode
from kiosk.operands import only, reject
from kiosk.policy.document import (
    DEFAULT_RULE,
    LANGUAGES,
    NOTICES,
    Contact,
    Override,
    OwnWords,
    PolicyDocument,
    Rule,
    SiteKind,
    Words,
)
from kiosk.policy.sections import REASON, SECTIONS, rules_of
from kiosk.staleness import LIMITS
from kiosk.units import WallTime

SCHEMA = 1
MAX_RULES = 200
STALE_KINDS = tuple(limit.kind.value for limit in LIMITS)
MOST_NOTICES = 12
LONGEST = 160
"""Characters that the screen has room for in large type, and a cue card."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_HEAD = ("schema", "id", "version", "title")
_REST = ("site", "zone", "from", "until", "notices", "retention_days", "stale_after_h", "override", "reason", "notice")
_RULES = ("person", "offline", "rule")


def parse(tree: Mapping[str, Any], where: str) -> PolicyDocument:
    """Make a document of a parsed TOML tree. Raises UsageError: one sentence with file, section or rule, and remedy."""
    only(tree, where, _HEAD, (*_REST, *SECTIONS, *_RULES))
    if isinstance(tree["schema"], bool) or tree["schema"] != SCHEMA:
        reject(f"{where}: schema is {tree['schema']!r}; this version reads schema {SCHEMA}")
    rules = rules_of(tree, _own_rules(tree, where), where)
    _in_order(rules, where)
    zone = _zone(tree["zone"], f"{where}: zone") if "zone" in tree else None
    if zone is None and (timed := next((rule for rule in rules if _keeps_hours(rule)), None)) is not None:
        reject(
            f"{where}: rule {timed.id!r} keeps to hours of local time; say of which place with zone, such as Asia/Shanghai"
        )
    begins, ends = (_moment(tree[key], zone, f"{where}: {key}") if key in tree else None for key in ("from", "until"))
    if begins is not None and ends is not None and ends <= begins:
        reject(f"{where}: until must be later than from")
    stale = only(tree.get("stale_after_h", {}), f"{where}: [stale_after_h]", (), STALE_KINDS)
    hours = operands.whole(1, 24 * 366)
    return PolicyDocument(
        id=operands.named(_ID)(tree["id"], f"{where}: id"),
        version=operands.whole(1, 10**9)(tree["version"], f"{where}: version"),
        title=_words(tree["title"], f"{where}: title"),
        rules=rules,
        site=operands.one_of(SiteKind)(tree["site"], f"{where}: site") if "site" in tree else None,
        zone=None if zone is None else zone.key,
        begins_at=begins,
        ends_at=ends,
        notices=_notices(tree["notices"], f"{where}: notices") if "notices" in tree else None,
        own_notices=_own_notices(tree.get("notice", []), where),
        retention_days=operands.whole(1, 3660)(tree["retention_days"], f"{where}: retention_days")
        if "retention_days" in tree
        else None,
        stale_after_h=MappingProxyType({kind: hours(at, f"{where}: [stale_after_h] {kind}") for kind, at in stale.items()}),
        overrides=_overrides(tree.get("override", {}), f"{where}: [override]"),
        words=_own_words(tree.get("reason", {}), where),
    )


def _own_rules(tree: Mapping[str, Any], where: str) -> tuple[Rule, ...]:
    tables = tree.get("rule", [])
    if not isinstance(tables, list):
        reject(f"{where}: write the rules as [[rule]] tables")
    return tuple(_rule(table, number, where) for number, table in enumerate(tables, start=1))


def _rule(table: object, number: int, where: str) -> Rule:
    if not isinstance(table, Mapping):
        reject(f"{where}: rule number {number} must be a [[rule]] table")
    if "id" not in table:
        reject(f"{where}: rule number {number} must have the key 'id'; add it")
    identity = operands.named(_ID)(table["id"], f"{where}: the id of rule number {number}")
    if identity == DEFAULT_RULE:
        reject(f"{where}: a rule may not be called {DEFAULT_RULE!r}, which stands for 'none applied'; rename it")
    place = f"{where}: rule {identity!r}"
    only(table, place, ("id", "when", "then", "reason"))
    when = table["when"]
    if not isinstance(when, Mapping):
        reject(f"{place}: when must be a table of conditions such as {{ always = true }}, not {when!r}")
    if not when:
        reject(f"{place}: when has no condition; for a rule that always applies write when = {{ always = true }}")
    if unknown := when.keys() - FORMS.keys():
        reject(f"{place}: {min(unknown)!r} is no condition; the conditions are {', '.join(FORMS)}")
    if "always" in when and len(when) > 1:
        reject(f"{place}: always = true stands alone; remove it or the other conditions")
    then = operands.one_of(Answer)(table["then"], f"{place}: then")
    reason = ReasonCode(operands.named(REASON)(table["reason"], f"{place}: reason"))
    if "colour_seen" in when and then is not Answer.HOLD:
        reject(f"{place}: a colour that was seen is no proof; with colour_seen a rule can only hold for the guard")
    made = tuple(FORMS[name].make(operand, f"{place}: when.{name}") for name, operand in when.items())
    return Rule(identity, made, then, reason)


def _in_order(rules: tuple[Rule, ...], where: str) -> None:
    if not 1 <= len(rules) <= MAX_RULES:
        reject(f"{where}: say who may come in with [[person]] or [[rule]] tables; they make 1 to {MAX_RULES} rules")
    seen: set[str] = set()
    before: Rule | None = None
    for rule in rules:
        if rule.id in seen:
            reject(f"{where}: rule {rule.id!r} is there twice; give each rule an id of its own")
        if before is not None and before.when[0].name == "always":
            reject(f"{where}: rule {rule.id!r} is never reached after {before.id!r}, which always applies")
        seen.add(rule.id)
        before = rule


def _keeps_hours(rule: Rule) -> bool:
    return any(condition.name == "outside_hours" for condition in rule.when)


def _zone(value: object, place: str) -> ZoneInfo:
    name = operands.named(_ZONE)(value, place)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        reject(f"{place}: there is no zone {name!r} here; write one such as Asia/Shanghai")


def _moment(value: object, zone: ZoneInfo | None, place: str) -> WallTime:
    if not isinstance(value, datetime) or value.tzinfo is not None:
        reject(f"{place} must be a local time such as 2020-03-24T00:00:00, without quotes and offset, not {value!r}")
    if zone is None:
        reject(f"{place} is a local time; say of which place with zone, such as Asia/Shanghai")
    try:
        return WallTime(round(value.replace(tzinfo=zone).astimezone(UTC).timestamp()) * 1_000_000)
    except (OverflowError, ValueError):
        reject(f"{place} must be a time that every clock has, not {value!r}")


def _notices(value: object, place: str) -> str:
    if value not in NOTICES:
        reject(f"{place} must be one of {', '.join(NOTICES)}, not {value!r}")
    return str(value)


def _own_notices(tables: object, where: str) -> tuple[Words, ...]:
    if not isinstance(tables, list):
        reject(f"{where}: write the notices as [[notice]] tables")
    if len(tables) > MOST_NOTICES:
        reject(f"{where}: {len(tables)} notices are more than anybody reads; {MOST_NOTICES} at most")
    return tuple(_words(table, f"{where}: [[notice]] number {number}") for number, table in enumerate(tables, start=1))


def _overrides(tree: object, place: str) -> Mapping[ReasonCode, Override]:
    kinds = (Override.TWO_PEOPLE, Override.NOBODY)
    table = only(tree, place, (), kinds)
    found: dict[ReasonCode, Override] = {}
    for kind in kinds:
        codes = table.get(kind, [])
        if not isinstance(codes, list):
            reject(f"{place} {kind} must be a list of reasons, not {codes!r}")
        for code in codes:
            reason = ReasonCode(operands.named(REASON)(code, f"{place} {kind}"))
            if reason in found:
                reject(f"{place} names {reason!r} twice; remove one")
            found[reason] = kind
    return MappingProxyType(found)


def _own_words(tree: object, where: str) -> Mapping[ReasonCode, OwnWords]:
    if not isinstance(tree, Mapping):
        reject(f"{where}: reason must be tables such as [reason.side_gate]")
    found: dict[ReasonCode, OwnWords] = {}
    for code, table in tree.items():
        reason = ReasonCode(operands.named(REASON)(code, f"{where}: the reason {code!r}"))
        place = f"{where}: [reason.{code}]"
        given = only(table, place, ("visitor", "say", "do"), ("call",))
        visitor, say, do = (_words(given[key], f"{place} {key}") for key in ("visitor", "say", "do"))
        found[reason] = OwnWords(visitor, say, do, operands.one_of(Contact)(given.get("call", Contact.NONE), f"{place} call"))
    return MappingProxyType(found)


def _words(tree: object, place: str) -> Words:
    table = only(tree, place, LANGUAGES)
    for language, text in table.items():
        if not (isinstance(text, str) and text.strip()):
            reject(f"{place}.{language} must be a text, not {text!r}")
        if len(text) > LONGEST:
            reject(f"{place}.{language} has {len(text)} characters, and there is room for {LONGEST}")
    return MappingProxyType(dict(table))
