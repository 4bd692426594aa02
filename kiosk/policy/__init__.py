"""The rules of admission: a policy document and the facts in, a decision or what is still needed out. Pure.

How a document is written: `docs/policy.md`. What is found wrong with one is in `kiosk.policy.check`.
"""

from kiosk.policy.document import (
    DEFAULT_RULE,
    LANGUAGES,
    NO_RULE_APPLIES,
    Contact,
    Override,
    OwnWords,
    PolicyDocument,
    Rule,
    SiteKind,
)
from kiosk.policy.evaluation import Step, evaluate, override, trace
from kiosk.policy.reading import SCHEMA, parse
from kiosk.policy.timetable import chosen, out_of_force, overlaps

__all__ = [
    "DEFAULT_RULE",
    "LANGUAGES",
    "NO_RULE_APPLIES",
    "SCHEMA",
    "Contact",
    "Override",
    "OwnWords",
    "PolicyDocument",
    "Rule",
    "SiteKind",
    "Step",
    "chosen",
    "evaluate",
    "out_of_force",
    "overlaps",
    "override",
    "parse",
    "trace",
]
