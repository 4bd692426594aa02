"""Documents that follow one another in time: by which of them a gate goes, and whether its time has come. Pure."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from kiosk.model import ReasonCode
from kiosk.policy.document import PolicyDocument
from kiosk.units import WallTime

NOT_IN_FORCE = ReasonCode("policy_not_in_force")
TIME_UNKNOWN = ReasonCode("clock_unset")
TIME_RULE = "not_in_force"
"""The rule named in a decision that would have been an admission, had the document been in force."""


def chosen(documents: Sequence[PolicyDocument], at: WallTime | None) -> PolicyDocument:
    """Return the document to go by at a moment; None: nobody can say what time it is. There is one at least.

    Where none is in force: the one that was in force last, before all of them the first. Nobody is admitted by it
    (`out_of_force`), but what it stops people for still counts.
    """
    in_order = sorted(documents, key=begins)
    if at is None:
        return in_order[0]
    begun = [one for one in in_order if begins(one) <= at]
    if not begun:
        return in_order[0]
    return next((one for one in reversed(begun) if one.in_force(at)), max(begun, key=ends))


def out_of_force(document: PolicyDocument, at: WallTime | None, tolerance_s: float = 0.0) -> ReasonCode | None:
    """Return why nobody is admitted by a document at a moment, or None. The clock may be wrong by that tolerance.

    To a gate that does not know the time a document without an end is in force: nobody puts it there to be ignored. Of
    one that ends nobody can say whether it has.
    """
    if at is None:
        return None if document.ends_at is None else TIME_UNKNOWN
    by = tolerance_s * 1e6
    return None if begins(document) - by <= at < ends(document) + by else NOT_IN_FORCE


def overlaps(documents: Sequence[PolicyDocument]) -> Iterator[tuple[PolicyDocument, PolicyDocument]]:
    """Yield every two documents that are in force at the same time."""
    for one, other in combinations(documents, 2):
        if max(begins(one), begins(other)) < min(ends(one), ends(other)):
            yield one, other


def begins(document: PolicyDocument) -> float:
    """When a document comes into force, in microseconds since 1970; minus infinity where it says nothing."""
    return -math.inf if document.begins_at is None else document.begins_at


def ends(document: PolicyDocument) -> float:
    """When it ceases to be in force; infinity where it says nothing."""
    return math.inf if document.ends_at is None else document.ends_at
