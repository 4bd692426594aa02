"""A policy document as the gate applies it: its rules in order, from when to when, and what goes with them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from kiosk.conditions import Condition
from kiosk.model import Answer, Need, ReasonCode
from kiosk.units import WallTime

LANGUAGES = ("zh", "en", "ja", "ko")
DEFAULT_RULE = "default"
"""The rule named in a decision when none of the document's applied."""
NO_RULE_APPLIES = ReasonCode("no_rule_applies")

Words = Mapping[str, str]
"""Language to words, one for each of LANGUAGES."""


class SiteKind(StrEnum):
    """What kind of place a document is for."""

    RESIDENTIAL = "residential"
    OFFICE = "office"
    CAMPUS = "campus"


class Override(StrEnum):
    """Who may let somebody in whom the rules stop."""

    ONE_GUARD = "one_guard"
    TWO_PEOPLE = "two_people"
    NOBODY = "nobody"


class Contact(StrEnum):
    """Whom a guard calls."""

    NONE = "none"
    HOST = "host"
    """Whoever is visited, served or owns the home."""
    PROPERTY_OFFICE = "property_office"
    COMMITTEE = "committee"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Rule:
    """When all conditions hold, this answer for this reason. Without an answer: measure on, the reading is not settled."""

    id: str
    when: tuple[Condition, ...]
    then: Answer | None
    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a document says for a reason of its own: to the visitor, and on the guard's cue card."""

    visitor: Words
    say: Words
    do: Words
    call: Contact


NOTICES = ("epidemic", "normal")
"""The notices that ship."""
HEALTH = frozenset({Need.TEMPERATURE, Need.HEALTH_CODE})
"""Rules that ask for one of these are those of an epidemic."""


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A parsed policy document: its rules in the order in which they are asked.

    In force from `begins_at` to before `ends_at`, without end where that is None; `zone` is the site's. `overrides`
    names who may override a reason, where that is not one guard. `notices`: the shipped notices that go with it;
    `own_notices`: what it brings to be shown in their place.
    `stale_after_h`: how old a document that this gate goes by may be, by kind. `retention_days`: how long what names
    a person is kept.
    """

    id: str
    version: int
    title: Words
    rules: tuple[Rule, ...]
    site: SiteKind | None = None
    zone: str | None = None
    begins_at: WallTime | None = None
    ends_at: WallTime | None = None
    notices: str | None = None
    own_notices: tuple[Words, ...] = ()
    retention_days: int | None = None
    stale_after_h: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Mapping[ReasonCode, Override] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[ReasonCode, OwnWords] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """`id@version`, as decisions and records name it."""
        return f"{self.id}@{self.version}"

    @property
    def asks(self) -> frozenset[Need]:
        """The facts that some rule asks for."""
        return frozenset(condition.fact for rule in self.rules for condition in rule.when if condition.fact is not None)

    @property
    def shows(self) -> str:
        """The shipped notices that go with these rules: those that they name, else those that suit what they ask for."""
        return self.notices or NOTICES[0 if self.asks & HEALTH else 1]

    @property
    def reasons(self) -> tuple[ReasonCode, ...]:
        """Every reason that an answer of these rules can have, in order."""
        given = (rule.reason for rule in self.rules if rule.then is not None)
        return tuple(dict.fromkeys((*given, NO_RULE_APPLIES)))

    def in_force(self, at: WallTime) -> bool:
        """Whether the document is the one to go by at a moment."""
        return (self.begins_at is None or self.begins_at <= at) and (self.ends_at is None or at < self.ends_at)
