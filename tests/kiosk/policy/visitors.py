"""Visitors for the rules: by hand, and by chance as far as facts can differ."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

import kiosk
from kiosk import policy
from kiosk.evidence import (
    Colour,
    ColourSeen,
    Credential,
    CredentialKind,
    Finding,
    FindingKind,
    HealthStatus,
    Reading,
    Verdict,
)
from kiosk.model import ClockState, Facts, LocalTime, Need
from kiosk.people import OF_THE_HOUSE, Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.units import Celsius, Monotonic

POLICIES = Path(kiosk.__file__).parent / "policies"
SHIPPED = {
    path.stem: policy.parse(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    for path in sorted(POLICIES.glob("*.toml"))
}
TITLE = {"zh": "规则", "en": "Rules", "ja": "規則", "ko": "규칙"}
VISITORS = tuple(kind for kind in VisitorKind if kind not in OF_THE_HOUSE)
NOON = LocalTime(weekday=2, minute=12 * 60)


def reading(body_c: float = 36.5, samples: int = 12, ambient_c: float = 20.0, uncertainty_c: float = 0.2) -> Reading:
    return Reading(
        object_c=Celsius(body_c - 2),
        ambient_c=Celsius(ambient_c),
        body_c=Celsius(body_c),
        uncertainty_c=Celsius(uncertainty_c),
        samples=samples,
        calibration="factory",
        began_at=Monotonic(1),
        at=Monotonic(2),
    )


def shown_pass(visitor: VisitorKind | None, verdict: Verdict = Verdict.VALID) -> Credential:
    return Credential(CredentialKind.PASS, verdict, visitor=visitor)


def shown_code(health: HealthStatus | None, verdict: Verdict = Verdict.VALID) -> Credential:
    return Credential(CredentialKind.HEALTH_TOKEN, verdict, health=health)


def shown_certificate(
    findings: tuple[Finding, ...], verdict: Verdict = Verdict.VALID, kind: CredentialKind = CredentialKind.DCC
) -> Credential:
    return Credential(kind, verdict, findings=findings)


RESIDENT, GUEST, COURIER = map(shown_pass, (VisitorKind.RESIDENT, VisitorKind.GUEST, VisitorKind.COURIER))
VACCINATED = Finding(FindingKind.VACCINATION, "2021-05-18", 14)
TESTED = Finding(FindingKind.TEST, "2021-05-31", 1)
GREEN = shown_code(HealthStatus.GREEN)


def without(facts: Facts, names: Iterable[str]) -> Facts:
    """The same, but these facts are not known."""
    return replace(facts, **dict.fromkeys(names))  # type: ignore[arg-type]  # fields by name


def rule(**keys: object) -> dict[str, object]:
    return {"id": "one", "when": {"always": True}, "then": "admit", "reason": "because"} | keys


def person(*who: str, **keys: object) -> dict[str, object]:
    return {"who": list(who), "reason": "because"} | keys


def tree(*rules: Mapping[str, object], **keys: object) -> dict[str, object]:
    return {"schema": 1, "id": "test", "version": 3, "title": TITLE, "rule": list(rules)} | keys


def parsed(*rules: Mapping[str, object], **keys: object) -> policy.PolicyDocument:
    return policy.parse(tree(*rules, **keys), "test.toml")


temperatures = st.floats(30, 45) | st.sampled_from([37.1, 37.3, float("nan")])
readings = st.builds(reading, temperatures, st.integers(1, 12), st.floats(-10, 45), st.floats(0.1, 2))
passes = st.builds(shown_pass, st.none() | st.sampled_from(VisitorKind), st.sampled_from(Verdict))
findings = st.builds(Finding, st.sampled_from(FindingKind), st.just("2021-05-18"), st.integers(-400, 400), st.booleans())
certificates = st.builds(
    shown_certificate,
    st.lists(findings, max_size=3).map(tuple),
    st.sampled_from(Verdict),
    st.sampled_from([CredentialKind.DCC, CredentialKind.SHC]),
)
codes = certificates | st.builds(shown_code, st.none() | st.sampled_from(HealthStatus), st.sampled_from(Verdict))
stays = st.builds(Stay, st.sampled_from(["IT", "IT-25", "CN-HB", "CN-SH", "NZ"]), st.integers(0, 30))
declarations = st.builds(
    Declaration,
    st.none() | st.sampled_from(VisitorKind),
    st.lists(stays, max_size=2).map(tuple),
    st.sampled_from(FirstReturn),
    st.sampled_from(Vehicle),
    st.integers(1, 9),
)
colours = st.none() | st.builds(ColourSeen, st.sampled_from(Colour), st.floats(0, 1))
moments = st.builds(LocalTime, st.integers(0, 6), st.integers(0, 1439))
known = {
    "reading": readings,
    "admission_pass": passes,
    "health_code": codes,
    "declaration": declarations,
    "consent": st.sampled_from(Consent),
    "filing": st.sampled_from(Filing),
}
"""What can be known, and what it can be."""
facts_met = st.builds(
    Facts,
    **{name: st.none() | value for name, value in known.items()},
    unavailable=st.frozensets(st.sampled_from(Need)),
    pass_used=st.booleans(),
    clock=st.sampled_from(ClockState),
    local_time=st.none() | moments,
    colour_seen=colours,
)
facts_known = st.builds(
    Facts,
    **known,
    pass_used=st.booleans(),
    clock=st.sampled_from(ClockState),
    local_time=st.none() | moments,
    colour_seen=colours,
)
