"""Documents by chance: rules of every condition, in any order."""

from enum import StrEnum

from hypothesis import strategies as st

from kiosk import conditions, policy
from kiosk.evidence import Colour, FindingKind, HealthStatus, Verdict
from kiosk.model import Answer, ClockState, Need, TimeOfDay
from kiosk.people import Consent, Filing, FirstReturn, Vehicle, VisitorKind
from tests.kiosk.policy.visitors import SHIPPED, parsed, rule


def lists_of(names: type[StrEnum]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(names)).map(str), min_size=1, unique=True)


OPERANDS: dict[str, st.SearchStrategy[object]] = {
    "temperature_at_least": st.floats(35, 40),
    "temperature_below": st.floats(35, 40),
    "samples_below": st.integers(2, 12),
    "ambient_outside": st.tuples(st.integers(-5, 15), st.integers(16, 40)).map(list),
    "uncertainty_above": st.floats(0.1, 2),
    "visitor": lists_of(VisitorKind),
    "pass": lists_of(Verdict),
    "pass_used": st.just(True),
    "health": lists_of(HealthStatus),
    "health_verdict": lists_of(Verdict),
    "certificate": lists_of(FindingKind),
    "colour_seen": lists_of(Colour),
    "form": st.just(True),
    "consent": lists_of(Consent),
    "filing": lists_of(Filing),
    "stayed_in": st.fixed_dictionaries(
        {"regions": st.lists(st.sampled_from(["IT", "CN-HB", "IT-25"]), min_size=1, unique=True), "days": st.integers(1, 30)}
    ),
    "first_return": lists_of(FirstReturn),
    "vehicle": lists_of(Vehicle),
    "group_above": st.integers(1, 9),
    "outside_hours": st.sampled_from(["08:00-18:00", "22:00-06:00", ["09:30-12:00", "mon", "sat"]]),
    "local_time": lists_of(TimeOfDay),
    "unavailable": lists_of(Need),
    "clock": lists_of(ClockState),
}
whens = st.just({"always": True}) | st.dictionaries(
    st.sampled_from([row.name for row in conditions.rows() if row.name != "always"]),
    st.none(),
    min_size=1,
    max_size=3,
).flatmap(lambda chosen: st.fixed_dictionaries({name: OPERANDS[name] for name in chosen}))


@st.composite
def documents(draw: st.DrawFn, most: int = 6) -> policy.PolicyDocument:
    chosen = draw(st.lists(st.tuples(whens, st.sampled_from(list(Answer))), min_size=1, max_size=most))
    kept = [when for when in chosen[:-1] if "always" not in when[0]] + chosen[-1:]
    return parsed(
        *(
            rule(id=f"r{n}", when=when, then="hold" if "colour_seen" in when else str(then))
            for n, (when, then) in enumerate(kept)
        )
    )


any_document = documents() | st.sampled_from(list(SHIPPED.values()))
