"""What somebody wants to know of a policy before they sign it: what the check says, what is different, what it would do."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from kiosk.cards import reasons
from kiosk.policy import PolicyDocument
from kiosk.policy.check import Finding, findings
from sync.central.policies import Policies
from sync.central.rules.comparing import Change, changes
from sync.central.rules.replaying import DAY_US, DAYS, Replay, replay


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries documents on what one database holds. Any thread may call any method; each raises SQLAlchemyError."""

    engine: Engine
    wall_us: Callable[[], int]
    policies: Policies

    @classmethod
    def of(cls, engine: Engine, wall_us: Callable[[], int]) -> "Trial":
        """Make one of a database."""
        return cls(engine, wall_us, Policies(engine, wall_us))

    def faults(self, document: PolicyDocument) -> tuple[Finding, ...]:
        """What the check finds wrong, a sentence each: with any of them it is not published."""
        return findings(document, reasons())

    def changes(self, compound: str, body: bytes, gate: str = "") -> tuple[Change, ...]:
        """What is different from the one in force."""
        return changes(self.policies.body_in_force(compound, gate), body)

    def replay(self, compound: str, document: PolicyDocument, gate: str = "", days: int = DAYS) -> Replay:
        """Which visits of the last days would have ended differently."""
        since_us = self.wall_us() - days * DAY_US
        gates = frozenset({gate}) if gate else None
        with self.engine.connect() as connection:
            return replay(
                connection,
                compound,
                document,
                since_us,
                known=lambda name: self.policies.named(compound, name),
                gates=gates,
            )
