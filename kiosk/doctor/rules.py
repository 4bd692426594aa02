"""What the kiosk decides by: the policy document, the trust lists, and what each of them needs of the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kiosk.credentials import TrustList
from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit, unknown
from kiosk.errors import UsageError
from kiosk.model import ClockState, Need
from kiosk.policy import PolicyDocument
from kiosk.policy.check import open_ends
from kiosk.ports import Clock

CODES = frozenset({Need.PASS, Need.HEALTH_CODE})
OLD_DAYS = 30.0
"""The staleness at which a trust list no longer counts (design: 30 days)."""
FUTURE_DAYS = -1.0
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """The documents as far as they could be read, and why not. `unread`: the disk did not give them in time."""

    document: PolicyDocument | None
    trust: TrustList | None
    policy_fault: str = ""
    trust_fault: str = ""
    unread: bool = False

    @property
    def needs(self) -> frozenset[Need]:
        """The facts that some rule asks for."""
        return frozenset() if self.document is None else self.document.asks


UNREAD = Rules(None, None, unread=True)


def read(document: Callable[[], PolicyDocument], trust: Callable[[], TrustList]) -> Rules:
    """Read both, by functions that raise UsageError."""
    found, policy_fault = _read(document)
    believed, trust_fault = _read(trust)
    return Rules(
        found if isinstance(found, PolicyDocument) else None,
        believed if isinstance(believed, TrustList) else None,
        policy_fault,
        trust_fault,
    )


def _read(load: Callable[[], PolicyDocument | TrustList]) -> tuple[PolicyDocument | TrustList | None, str]:
    try:
        return load(), ""
    except UsageError as error:
        return None, str(error)


def examine(rules: Rules, compound: str, clock: Clock) -> Iterator[Finding]:
    """Judge the documents."""
    if rules.unread:
        yield from (finding(part, [unknown("rules.unread")]) for part in (PartName.POLICY, PartName.TRUST))
        return
    yield _policy(rules)
    yield _trust(rules, compound, clock)


def _policy(rules: Rules) -> Finding:
    document = rules.document
    if document is None:
        return finding(PartName.POLICY, [unfit("policy.unusable", reason=rules.policy_fault)])
    remarks = [fit("policy.well", name=document.name, rules=len(document.rules))]
    ends = open_ends(document)
    remarks += [unfit("policy.open_end", reason=sentence) for sentence in ends]
    return finding(PartName.POLICY, remarks, {"policy": document.name, "rules": len(document.rules), "open_ends": len(ends)})


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
    age = None if age_days is None else round(age_days, 1)
    measured = {"lists": len(trust.documents), "documents": list(trust.documents), **counts, "age_days": age}
    return finding(PartName.TRUST, remarks, measured)
