"""What is in a SMART Health Card: a FHIR bundle (HL7 FHIR R4) with one patient and what happened to them.

The bundle is held to the rules that the specification gives for cards ("Data minimization", "FHIR content") and to
those of the resources that a gate reads: immunizations and laboratory results.
"""

import re
from collections.abc import Mapping
from typing import Any

from kiosk.credentials.bounded import Unreadable
from kiosk.credentials.findings import Happening, happening
from kiosk.evidence import FindingKind
from kiosk.frozen import frozen
from kiosk.holder import MAX_NAME, Holder, holder_of

Resource = Mapping[str, Any]

MAX_RESOURCES = 64
COVID_19, IMMUNIZATION, LABORATORY = (
    f"https://smarthealth.cards#{name}" for name in ("covid19", "immunization", "laboratory")
)

# COVID-19 vaccines, as the CDC numbers them (CVX), and tests for SARS-CoV-2, as LOINC does.
_VACCINES = frozenset(
    map(
        str,
        (207, 208, 210, 211, 212, 213, 217, 218, 219, 221, 228, 229, 230, *range(300, 303), *range(308, 314), 510, 511),
    )
)
_TESTS = frozenset(
    {
        *("94309-2", "94500-6", "94533-7", "94534-5", "94558-4", "94559-2"),
        *("94759-8", "95209-3", "95406-5", "96119-3", "97097-0"),
    }
)
# Results, in SNOMED CT and in LOINC's lists of answers.
_RESULTS = {
    "260415000": FindingKind.TEST,
    "260385009": FindingKind.TEST,
    "LA11883-8": FindingKind.TEST,
    "LA6577-6": FindingKind.TEST,
    "260373001": FindingKind.POSITIVE_TEST,
    "10828004": FindingKind.POSITIVE_TEST,
    "LA11882-0": FindingKind.POSITIVE_TEST,
    "LA6576-8": FindingKind.POSITIVE_TEST,
}
_GIVEN, _NOT_GIVEN = frozenset({"completed"}), frozenset({"not-done", "entered-in-error"})
_FINAL = frozenset({"final", "amended", "corrected"})
_NOT_FINAL = frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"})
_SHORT_ADDRESS = re.compile(r"resource:\d{1,3}")
_BIRTH_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@frozen
class Bundle:
    """The holder and what happened to them; `note` says why something in it does not count."""

    holder: Holder
    happenings: tuple[Happening, ...]
    note: str = ""


def read(tree: object, types: frozenset[str]) -> Bundle:
    """Read a card's bundle; `types` are those of the card. Raises Unreadable."""
    if not isinstance(tree, Mapping) or tree.get("resourceType") != "Bundle":
        raise Unreadable("there is no FHIR bundle in it")
    _nothing_empty(tree)
    resources = _resources(tree.get("entry"))
    patients = {address: one for address, one in resources.items() if one["resourceType"] == "Patient"}
    if len(patients) != 1:
        raise Unreadable("it must be about one patient")
    ((address, patient),) = patients.items()
    happenings: list[Happening] = []
    for resource in resources.values():
        match resource["resourceType"]:
            case "Immunization":
                found = _immunization(resource, address, types)
            case "Observation":
                found = _observation(resource, address, types)
            case _:
                found = None
        if found is not None:
            happenings.append(found)
    note = "" if happenings else "it says nothing about COVID-19 that this software understands, or its types leave it out"
    return Bundle(_holder(patient), tuple(happenings), note)


def _resources(entries: object) -> dict[str, Resource]:
    if not isinstance(entries, list) or len(entries) > MAX_RESOURCES:
        raise Unreadable("its resources are no list, or too many")
    resources: dict[str, Resource] = {}
    for entry in entries:
        match entry:
            case {"fullUrl": str() as address, "resource": {"resourceType": str()} as resource}:
                pass
            case _:
                raise Unreadable("an entry of its bundle has no address or no resource")
        if not _SHORT_ADDRESS.fullmatch(address) or address in resources:
            raise Unreadable("a resource is not addressed as resource:0, resource:1 and so on")
        _only_assurance(resource.get("meta", {}))
        resources[address] = resource
    return resources


def _immunization(resource: Resource, patient: str, types: frozenset[str]) -> Happening | None:
    _about(resource, "patient", patient)
    codes = _codes(resource, "vaccineCode")
    if "occurrenceString" in resource:
        raise Unreadable("a vaccination has two dates")
    dose = happening(FindingKind.VACCINE_DOSE, resource.get("occurrenceDateTime"))
    given = _one_of(resource, _GIVEN, _NOT_GIVEN)
    return dose if given and _counts(types, IMMUNIZATION, codes & _VACCINES) else None


def _observation(resource: Resource, patient: str, types: frozenset[str]) -> Happening | None:
    _about(resource, "subject", patient)
    codes = _codes(resource, "code")
    final = _one_of(resource, _FINAL, _NOT_FINAL)
    results = {_RESULTS[code] for code in _codes(resource, "valueCodeableConcept", required=False) if code in _RESULTS}
    if not final or len(results) != 1 or not _counts(types, LABORATORY, codes & _TESTS):
        return None
    return happening(results.pop(), resource.get("effectiveDateTime"))


def _counts(types: frozenset[str], kind: str, known: frozenset[str]) -> bool:
    """Whether a resource tells of COVID-19: as the card's types say, or, where it has none of them, by its codes.

    Types besides the first are deprecated since version 1.4 of the specification; a card that has some of them must
    have all that it needs.
    """
    stated = types & {COVID_19, IMMUNIZATION, LABORATORY}
    return {COVID_19, kind} <= stated if stated else bool(known)


def _about(resource: Resource, role: str, patient: str) -> None:
    match resource.get(role):
        case {"reference": str() as address} if address == patient:
            return
        case _:
            raise Unreadable("a resource is not about the patient of the card")


def _codes(resource: Resource, name: str, *, required: bool = True) -> frozenset[str]:
    match resource.get(name):
        case {"coding": [*codings]} if all(isinstance(one, Mapping) and isinstance(one.get("code"), str) for one in codings):
            return frozenset(str(one["code"]) for one in codings)
        case _ if required:
            raise Unreadable(f"a resource has no code in {name}")
        case _:
            return frozenset()


def _one_of(resource: Resource, good: frozenset[str], other: frozenset[str]) -> bool:
    status = resource.get("status")
    if not isinstance(status, str) or status not in good | other:
        raise Unreadable("the status of a resource is none that FHIR has")
    return status in good


def _holder(patient: Resource) -> Holder:
    match patient.get("name"):
        case [Mapping() as name, *_]:
            pass
        case _:
            raise Unreadable("the patient has no name")
    family: object = name.get("family", name.get("text", ""))
    given: object = name.get("given", [])
    if not isinstance(family, str) or not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Unreadable("the patient's name is not written as one")
    if len(family) + len("".join(given)) > MAX_NAME:
        raise Unreadable("the patient's name is too long")
    born = patient.get("birthDate")
    if born is not None and not (isinstance(born, str) and _BIRTH_DATE.fullmatch(born)):
        raise Unreadable("the birth date is not written as one")
    return holder_of(family, " ".join(given), born)


def _only_assurance(meta: object) -> None:
    """Refuse metadata that says more than how sure the patient's identity is (`meta.security`)."""
    match meta:
        case {"security": [*labels], **others} if not others and all(_is_label(label) for label in labels):
            return
        case {} if not meta:
            return
        case _:
            raise Unreadable("the metadata of a resource says more than it may")


def _is_label(label: object) -> bool:
    return isinstance(label, Mapping) and "code" in label and label.keys() <= {"system", "code"}


def _nothing_empty(tree: object) -> None:
    """Refuse what FHIR never has: an empty object, list or text."""
    waiting = [tree]
    while waiting:
        match waiting.pop():
            case Mapping() as found if found:
                waiting.extend(found.values())
            case list() as found if found:
                waiting.extend(found)
            case Mapping() | list() | "":
                raise Unreadable("something in its bundle is empty")
