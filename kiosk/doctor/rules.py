"""What the kiosk decides by: the policy document, the trust lists, and what each of them needs of the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from kiosk.credentials import TrustList
from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit, unknown
from kiosk.errors import UsageError
from kiosk.local_time import time_told
from kiosk.model import ClockState, Need
from kiosk.policy import PolicyDocument, out_of_force
from kiosk.policy.check import open_ends
from kiosk.ports import Clock
from kiosk.staleness import Kind

CODES = frozenset({Need.PASS, Need.HEALTH_CODE})
OLD_DAYS = 30.0
"""The staleness at which a trust list no longer counts (design: 30 days)."""
FUTURE_DAYS = -1.0
DAY_US = 86_400_000_000

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Rules:
    """The documents as far as they could be read, and why not. `unread`: the disk did not give them in time.

    `came_down`: which of them are the server's, in the place of the configuration's.
    """

    document: PolicyDocument | None
    trust: TrustList | None
    policy_fault: str = ""
    trust_fault: str = ""
    unread: bool = False
    came_down: frozenset[Kind] = frozenset()

    @property
    def needs(self) -> frozenset[Need]:
        """The facts that some rule asks for."""
        return frozenset() if self.document is None else self.document.asks


UNREAD = Rules(None, None, unread=True)


def read(
    document: Callable[[], PolicyDocument],
    trust: Callable[[], TrustList],
    came_down: Callable[[], Mapping[Kind, object]] = dict,
) -> Rules:
    """Read the configuration's, and what came down in their place, by functions that raise UsageError.

    A kiosk whose configuration has none that can be read does not start, whatever came down to it.
    """
    found, policy_fault = _read(document)
    believed, trust_fault = _read(trust)
    instead, key_fault = _read(came_down)
    if found is not None and key_fault:
        found, policy_fault = None, key_fault
    theirs: dict[Kind, object] = dict(instead or {})
    if found is not None and isinstance(policy := theirs.get(Kind.POLICY), PolicyDocument):
        found = policy
    if believed is not None and isinstance(lists := theirs.get(Kind.TRUST), TrustList):
        believed = lists
    return Rules(found, believed, policy_fault, trust_fault, came_down=frozenset(theirs))


def _read(load: Callable[[], Read]) -> tuple[Read | None, str]:
    try:
        return load(), ""
    except UsageError as error:
        return None, str(error)


def examine(rules: Rules, compound: str, clock: Clock) -> Iterator[Finding]:
    """Judge the documents."""
    if rules.unread:
        yield from (finding(part, [unknown("rules.unread")]) for part in (PartName.POLICY, PartName.TRUST))
        return
    yield _policy(rules, clock)
    yield _trust(rules, compound, clock)


def _policy(rules: Rules, clock: Clock) -> Finding:
    document = rules.document
    if document is None:
        return finding(PartName.POLICY, [unfit("policy.unusable", reason=rules.policy_fault)])
    down = Kind.POLICY in rules.came_down
    remarks = [fit("policy.came_down" if down else "policy.well", name=document.name, rules=len(document.rules))]
    if out_of_force(document, time_told(clock.wall(), clock.state())) is not None:
        remarks.append(unfit("policy.not_in_force"))
    ends = open_ends(document)
    remarks += [unfit("policy.open_end", reason=sentence) for sentence in ends]
    measured = {"policy": document.name, "rules": len(document.rules), "open_ends": len(ends), "came_down": down}
    return finding(PartName.POLICY, remarks, measured)


def _trust(rules: Rules, compound: str, clock: Clock) -> Finding:
    trust = rules.trust
    if trust is None:
        return finding(PartName.TRUST, [unfit("trust.unusable", reason=rules.trust_fault)])
    asks = bool(rules.needs & CODES)
    if not trust.documents:
        return finding(PartName.TRUST, [absent("trust.missing" if asks else "trust.not_wanted")], {"lists": 0}, wanted=asks)
    keys = sum(1 for issuer in trust.pass_issuers.values() if compound in issuer.compounds)
    counts = {
        "pass_keys": keys,
        "health_services": len(trust.token_issuers),
        "signers": sum(map(len, trust.document_signers.values())),
        "card_keys": len(trust.card_keys) + sum(len(issuer.keys) for issuer in trust.card_issuers.values()),
        "revoked": len(trust.revoked),
    }
    remarks: list[Remark] = [fit("trust.well", **counts)]
    if keys == 0 and Need.PASS in rules.needs:
        remarks.append(unfit("trust.no_keys", compound=compound))
    age_days = None
    # Without a date nobody can say how old a list is.
    if trust.issued_at is not None and clock.state() is not ClockState.NEVER_SET:
        age_days = (clock.wall() - trust.issued_at) / DAY_US
        if age_days > OLD_DAYS:
            remarks.append(fit("trust.old", age_days=age_days))
        elif age_days < FUTURE_DAYS:
            remarks.append(fit("trust.from_the_future"))
    measured = {
        "lists": len(trust.documents),
        "documents": list(trust.documents),
        **counts,
        "age_days": None if age_days is None else round(age_days, 1),
        "came_down": Kind.TRUST in rules.came_down,
    }
    return finding(PartName.TRUST, remarks, measured)
