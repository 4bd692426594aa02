"""From the sections of a document to rules, in an order that the sections do not choose. Pure.

What can be in the way of everybody comes first: the temperature, the pass, what was declared. Then the document's own
rules, then who may come in, with what each of them needs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kiosk import operands
from kiosk.conditions import FORMS, Condition
from kiosk.evidence import OF_THE_STANDING, Doubt, HealthStatus, Verdict
from kiosk.holder import Match, Strictness
from kiosk.model import Answer, ClockState, Need, ReasonCode, TimeOfDay
from kiosk.operands import only, reject, some_of
from kiosk.people import Consent, Filing, FirstReturn, Vehicle
from kiosk.people import VisitorKind as Kind
from kiosk.policy.document import Rule

REASON = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""The form of a reason code."""
SECTIONS = (
    "temperature",
    "pass",
    "travel",
    "identity",
    "first_return",
    "vehicles",
    "group",
    "health_code",
    "consent",
    "filing",
)
"""The sections of what can be in the way; `person` says who may come in, `offline` what then."""

_PASS = {
    "malformed": (Answer.REFUSE, "pass_malformed"),
    # Perhaps a pass of a newer kind than this kiosk reads: let the guard look.
    "unsupported": (Answer.HOLD, "pass_unsupported"),
    "untrusted_issuer": (Answer.REFUSE, "pass_untrusted"),
    "bad_signature": (Answer.REFUSE, "pass_forged"),
    "not_yet_valid": (Answer.REFUSE, "pass_not_yet_valid"),
    "expired": (Answer.REFUSE, "pass_expired"),
    "revoked": (Answer.REFUSE, "pass_revoked"),
    "used": (Answer.REFUSE, "pass_used"),
}
_HEALTH = {
    "red": (Answer.REFUSE, "health_red"),
    "yellow": (Answer.HOLD, "health_yellow"),
    "expired": (Answer.REFUSE, "health_expired"),
    "unknown": (Answer.HOLD, "health_unknown"),
}
_CONSENT = {"declined": (Answer.REFUSE, "consent_declined")}
_FILING = {"not_filed": (Answer.HOLD, "not_filed"), "no_undertaking": (Answer.HOLD, "no_undertaking")}
_LOST = {
    Need.TEMPERATURE: "temperature_unavailable",
    Need.PASS: "pass_unavailable",
    Need.HEALTH_CODE: "health_unavailable",
    Need.FORM: "form_unavailable",
    Need.CONSENT: "consent_unavailable",
    Need.FILING: "filing_unavailable",
}
_MET: Mapping[Need, tuple[str, object]] = {
    Need.HEALTH_CODE: ("health", [HealthStatus.GREEN]),
    Need.FORM: ("form", True),
    Need.CONSENT: ("consent", [Consent.GIVEN]),
    Need.FILING: ("filing", [Filing.FILED]),
}
"""What meets a person's need: a condition and its value."""
_KNOWN_CLOCKS = [ClockState.SYNCHRONISED, ClockState.DRIFTING]
_TIMED = [Verdict.VALID, Verdict.NOT_YET_VALID, Verdict.EXPIRED]
_stopping = operands.one_of(Answer, Answer.ADMIT)


def rules_of(tree: Mapping[str, Any], own: tuple[Rule, ...], where: str) -> tuple[Rule, ...]:
    """Return a document's rules; `own` are those that it writes out itself. Raises UsageError."""
    return tuple(_Sections(tree, where).rules(own))


class _Sections:
    """The sections of one document, each read as it is come to."""

    def __init__(self, tree: Mapping[str, Any], where: str) -> None:
        self._tree = tree
        self._where = where
        self._persons = list(self._read_persons())
        offline = only(tree.get("offline", {}), f"{where}: [offline]", (), tuple(_LOST))
        self._offline = {need: _stopping(then, f"{where}: [offline] {need}") for need, then in offline.items()}

    def rules(self, own: tuple[Rule, ...]) -> Iterator[Rule]:
        if "temperature" in self._tree:
            yield from self._temperature()
        if self._persons:
            yield from self._pass()
        yield from self._declared()
        yield from own
        for need in _MET:
            if kinds := [kind for person in self._persons if need in person.needs for kind in person.who]:
                yield from self._need(need, kinds)
        for person in self._persons:
            yield from person.rules()

    def _temperature(self) -> Iterator[Rule]:
        place = f"{self._where}: [temperature]"
        table = only(
            self._tree["temperature"],
            place,
            ("raised",),
            ("borderline", "samples", "ambient", "uncertainty", "doubted", "unreliable"),
        )
        raised = operands.degrees(table["raised"], f"{place} raised")
        unreliable = _stopping(table.get("unreliable", Answer.HOLD), f"{place} unreliable")
        yield self._lost(Need.TEMPERATURE)
        yield _rule("temperature-raised", {"temperature_at_least": raised}, Answer.HOLD, "temperature_high")
        for key, condition in (("ambient", "ambient_outside"), ("uncertainty", "uncertainty_above")):
            if key in table:
                made = (FORMS[condition].make(table[key], f"{place} {key}"),)
                yield Rule(f"temperature-{key}", made, unreliable, ReasonCode("temperature_unreliable"))
        samples = FORMS["samples_below"].make(table.get("samples", 12), f"{place} samples")
        if "doubted" in table:
            doubted = some_of(Doubt)(table["doubted"], f"{place} doubted")
            if again := [doubt for doubt in Doubt if doubt in doubted & OF_THE_STANDING]:
                when = (*_conditions({"reading_doubted": again}), samples)
                yield Rule("temperature-again", when, None, ReasonCode("temperature_unreliable"))
            listed = _conditions({"reading_doubted": [doubt for doubt in Doubt if doubt in doubted]})
            yield Rule("temperature-doubted", listed, unreliable, ReasonCode("temperature_unreliable"))
        if "borderline" in table:
            borderline = operands.degrees(table["borderline"], f"{place} borderline")
            if borderline >= raised:
                reject(f"{place} borderline must be below raised, {raised:g}, not {borderline:g}")
            warm = FORMS["temperature_at_least"].make(borderline, f"{place} borderline")
            yield Rule("temperature-borderline", (warm, samples), None, ReasonCode("temperature_borderline"))

    def _pass(self) -> Iterator[Rule]:
        yield self._lost(Need.PASS)
        # Without the date nobody can say whether a pass is in force: a guard can.
        unset = {"clock": [ClockState.NEVER_SET], "pass": _TIMED}
        yield _rule("clock-unset", unset, Answer.HOLD, "clock_unset")
        for name, then, reason in self._answers("pass", _PASS):
            when: dict[str, object] = {"pass_used": True} if name == "used" else {"pass": [name]}
            if name in _TIMED:
                when["clock"] = _KNOWN_CLOCKS
            yield _rule(f"pass-{name.replace('_', '-')}", when, then, reason)

    def _declared(self) -> Iterator[Rule]:
        if "travel" in self._tree:
            place = f"{self._where}: [travel]"
            table = only(self._tree["travel"], place, ("regions", "days"), ("then",))
            listed = {key: table[key] for key in ("regions", "days")}
            yield Rule(
                "travel-listed",
                (FORMS["stayed_in"].make(listed, place),),
                self._then(table, place),
                ReasonCode("travel_listed"),
            )
        if "identity" in self._tree:
            place = f"{self._where}: [identity]"
            table = only(self._tree["identity"], place, ("strictness",), ("differs", "undecided"))
            strictness = operands.one_of(Strictness)(table["strictness"], f"{place} strictness")
            for found, usual in ((Match.DIFFERS, Answer.HOLD), (Match.UNDECIDED, None)):
                if (then := table.get(found, usual)) is not None:
                    when = {"identity": {"strictness": strictness, "found": [found]}}
                    yield _rule(f"identity-{found}", when, _stopping(then, f"{place} {found}"), f"identity_{found}")
        if "first_return" in self._tree:
            place = f"{self._where}: [first_return]"
            then = self._then(only(self._tree["first_return"], place, (), ("then",)), place)
            yield _rule("first-return", {"first_return": [FirstReturn.UNREGISTERED]}, then, "first_return_unregistered")
        if "vehicles" in self._tree:
            place = f"{self._where}: [vehicles]"
            table = only(self._tree["vehicles"], place, ("allowed",), ("then",))
            allowed = some_of(Vehicle)(table["allowed"], f"{place} allowed") | {Vehicle.NONE, Vehicle.REGISTERED}
            if others := [vehicle for vehicle in Vehicle if vehicle not in allowed]:
                yield _rule("vehicle", {"vehicle": others}, self._then(table, place), "vehicle_not_allowed")
        if "group" in self._tree:
            place = f"{self._where}: [group]"
            table = only(self._tree["group"], place, ("most",), ("then",))
            most = FORMS["group_above"].make(table["most"], f"{place} most")
            yield Rule("group", (most,), self._then(table, place), ReasonCode("group_too_large"))

    def _need(self, need: Need, kinds: list[Kind]) -> Iterator[Rule]:
        yield self._lost(need, kinds)
        match need:
            case Need.HEALTH_CODE:
                section, condition, faults = "health_code", "health", _HEALTH
            case Need.CONSENT:
                section, condition, faults = "consent", "consent", _CONSENT
            case Need.FILING:
                section, condition, faults = "filing", "filing", _FILING
            case _:
                return
        for name, then, reason in self._answers(section, faults):
            yield _rule(reason.replace("_", "-"), {"visitor": kinds, condition: [name]}, then, reason)

    def _lost(self, need: Need, kinds: list[Kind] | None = None) -> Rule:
        when = {} if kinds is None else {"visitor": kinds}
        then = self._offline.get(need, Answer.HOLD)
        return _rule(f"{need.replace('_', '-')}-lost", when | {"unavailable": [need]}, then, _LOST[need])

    def _answers(self, section: str, usual: Mapping[str, tuple[Answer, str]]) -> Iterator[tuple[str, Answer, str]]:
        """What may be wrong, what is answered, and why: as the section says, or else as usual."""
        place = f"{self._where}: [{section}]"
        table = only(self._tree.get(section, {}), place, (), tuple(usual))
        for name, (then, reason) in usual.items():
            yield name, _stopping(table.get(name, then), f"{place} {name}"), reason

    def _then(self, table: Mapping[str, Any], place: str) -> Answer:
        return _stopping(table.get("then", Answer.HOLD), f"{place} then")

    def _read_persons(self) -> "Iterator[_Person]":
        tables = self._tree.get("person", [])
        if not isinstance(tables, list):
            reject(f"{self._where}: write who may come in as [[person]] tables")
        named: set[Kind] = set()
        for number, table in enumerate(tables, start=1):
            person = _Person(table, f"{self._where}: [[person]] number {number}")
            if twice := named & person.who:
                reject(f"{person.place}: {min(twice)} is in an earlier [[person]] already; name each kind once")
            named |= person.who
            yield person


class _Person:
    """One [[person]] table: kinds of visitors, and what they need, or what they are told instead."""

    def __init__(self, table: object, place: str) -> None:
        self.place = place
        found = only(table, place, ("who", "reason"), ("needs", "hours", "then"))
        self.who = some_of(Kind)(found["who"], f"{place} who")
        self.needs = frozenset(some_of(Need)(found["needs"], f"{place} needs")) if "needs" in found else frozenset()
        if wrong := self.needs - _MET.keys():
            reject(f"{place} needs lists {str(min(wrong))!r}; it can list {', '.join(_MET)}")
        self._reason = operands.named(REASON)(found["reason"], f"{place} reason")
        self._then = operands.one_of(Answer)(found.get("then", Answer.ADMIT), f"{place} then")
        if self._then is not Answer.ADMIT and (self.needs or "hours" in found):
            reject(f"{place}: whoever is not let in needs nothing; remove needs and hours, or then")
        self._hours = FORMS["outside_hours"].make(found["hours"], f"{place} hours") if "hours" in found else None

    def rules(self) -> Iterator[Rule]:
        kinds = [kind for kind in Kind if kind in self.who]
        name = kinds[0].replace("_", "-")
        who = _conditions({"visitor": kinds})
        if self._hours is not None:
            # That nobody knows the time is another thing to say than that it is too late.
            unknown, known = (_conditions({"local_time": [state]}) for state in (TimeOfDay.UNKNOWN, TimeOfDay.KNOWN))
            yield Rule(f"{name}-time", (*who, *unknown), Answer.HOLD, ReasonCode("time_unknown"))
            yield Rule(f"{name}-hours", (*who, *known, self._hours), Answer.HOLD, ReasonCode("outside_hours"))
        met = dict(_MET[need] for need in _MET if need in self.needs)
        yield Rule(name, (*who, *_conditions(met)), self._then, ReasonCode(self._reason))


def _rule(identity: str, when: Mapping[str, object], then: Answer, reason: str) -> Rule:
    return Rule(identity, _conditions(when), then, ReasonCode(reason))


def _conditions(when: Mapping[str, object]) -> tuple[Condition, ...]:
    return tuple(FORMS[name].make(value, name) for name, value in when.items())
