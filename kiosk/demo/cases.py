"""The scenarios of the demo, as data."""

from dataclasses import replace
from pathlib import Path

from kiosk.demo.scenarios import REFUSES, SILENT, SLOW, Case, Scenario, Surroundings, Typed, Upset
from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus
from kiosk.model import Answer, GateOutcome, ReasonCode
from kiosk.people import VisitorKind

LEVEL_2 = "shipped:response-level-2"
NORMAL_TIMES = "shipped:normal-times"
CARD = "shc/test-example-00-f-qr-code-numeric-value-0"

RESIDENT = Case("resident, phone", VisitorKind.RESIDENT, Answer.ADMIT, (ReasonCode("resident"),))
GUEST = Case(
    "invited guest, pass then health code",
    VisitorKind.GUEST,
    Answer.ADMIT,
    (ReasonCode("guest_green"),),
    core_c=36.4,
    health=HealthStatus.GREEN,
)
COURIER = Case(
    "courier, paper pass and phone",
    VisitorKind.COURIER,
    Answer.ADMIT,
    (ReasonCode("courier_green"),),
    core_c=36.8,
    health=HealthStatus.GREEN,
    pass_medium="paper",
    both_hands=True,
)
GIVES_UP = 2.5
"""How long somebody tries who cannot succeed."""
HEALTH_HOST = "health.example"
"""Where the addresses in health codes lead, and only the simulated issuer's gateway knows them."""
SETTLES = 2.6
"""A gap in which the kiosk has noticed that nobody is there any more."""


def refused(base: Case, title: str, reason: str) -> Case:
    """A case that must be refused."""
    return replace(
        base, title=title, expected=Answer.REFUSE, reasons=(ReasonCode(reason),), outcome=None, patience_s=GIVES_UP
    )


def held(base: Case, title: str, reason: str) -> Case:
    """A case that must be held for the guard, who is called."""
    return replace(
        base,
        title=title,
        expected=Answer.HOLD,
        reasons=(ReasonCode(reason),),
        outcome=None,
        patience_s=GIVES_UP,
        also=("guard_called",),
    )


def unanswered(base: Case, title: str) -> Case:
    """A case that ends without an answer: they walk away."""
    return replace(
        base, title=title, expected=None, reasons=(), outcome=None, patience_s=GIVES_UP, gap_s=0.6, also=("visit_ended",)
    )


def after(case: Case, gap_s: float = SETTLES) -> Case:
    """The same case, coming later after the one before."""
    return replace(case, gap_s=gap_s)


NORMAL = Scenario(
    "normal",
    "residents, invited guests, couriers",
    LEVEL_2,
    (RESIDENT, GUEST, COURIER, replace(RESIDENT, title="resident, paper", core_c=36.5, pass_medium="paper")),
)
FEVER = Scenario(
    "fever",
    "a raised temperature is held for the guard, whatever the code",
    LEVEL_2,
    (
        held(replace(RESIDENT, core_c=38.4), "resident with a fever", "temperature_high"),
        RESIDENT,
        held(replace(GUEST, core_c=38.9), "guest with a high fever and a green code", "temperature_high"),
        GUEST,
    ),
)
BAD_CODES = Scenario(
    "bad-codes",
    "codes that are wrong in every way, each with its own answer",
    LEVEL_2,
    (
        refused(replace(GUEST, health=HealthStatus.RED), "red health code", "health_red"),
        held(replace(GUEST, health=HealthStatus.YELLOW), "yellow health code", "health_yellow"),
        refused(replace(GUEST, health=HealthStatus.EXPIRED), "expired health code", "health_expired"),
        held(
            replace(GUEST, health=None, shows=(f"https://{HEALTH_HOST}/code?t=MADE-UP",)),
            "made-up health code, its issuer knows no such",
            "health_unknown",
        ),
        refused(replace(RESIDENT, made="expired"), "expired pass", "pass_expired"),
        refused(replace(RESIDENT, made="forged"), "forged pass", "pass_forged"),
        refused(replace(RESIDENT, made="foreign"), "pass by an unknown issuer", "pass_untrusted"),
        GUEST,
        refused(replace(GUEST, made="again"), "replayed pass of the guest before", "pass_used"),
        unanswered(
            replace(GUEST, health=None, shows=("https://shop.example/menu?table=12",)), "a code that is no health code"
        ),
        after(unanswered(replace(RESIDENT, torn=True), "unreadable pass")),
        after(RESIDENT),
    ),
)
SENSOR_LOST = Scenario(
    "sensor-lost",
    "the thermometer is unplugged in mid-visit, and comes back or not",
    LEVEL_2,
    (
        RESIDENT,
        replace(
            RESIDENT,
            title="thermometer lost and back",
            upset=Upset("thermometer", 0.4, 2.0),
            patience_s=9.0,
            also=("part_health", "guard_called"),
        ),
        held(replace(RESIDENT, upset=Upset("thermometer", 0.4, 5.0)), "thermometer lost for good", "temperature_unavailable"),
        after(RESIDENT),
    ),
)
CAMERA_LOST = Scenario(
    "camera-lost",
    "the camera is unplugged in mid-visit, and comes back or not",
    LEVEL_2,
    (
        RESIDENT,
        replace(
            RESIDENT,
            title="camera lost and back",
            upset=Upset("camera", 0.0, 3.0),
            patience_s=10.0,
            also=("part_health", "guard_called"),
        ),
        held(replace(RESIDENT, upset=Upset("camera", 0.0, 5.5)), "camera lost for good", "pass_unavailable"),
        after(RESIDENT),
    ),
)
SERVER_DOWN = Scenario(
    "server-down",
    "no central server until all visitors are gone; then every event arrives once",
    LEVEL_2,
    NORMAL.cases,
    Surroundings(server_away=True),
)
ISSUER_SLOW = Scenario(
    "issuer-slow",
    "the issuer of health codes answers late or never",
    LEVEL_2,
    (
        replace(GUEST, title="guest, issuer answers after 1.2 s", issuer_s=1.2),
        replace(held(replace(GUEST, issuer_s=8.0), "guest, issuer never answers", "health_unavailable"), patience_s=6.0),
        RESIDENT,
    ),
)
WALK_AWAY = Scenario(
    "walk-away",
    "people who leave before they have an answer",
    LEVEL_2,
    (
        replace(unanswered(RESIDENT, "leaves before showing the pass"), patience_s=0.05),
        after(replace(unanswered(GUEST, "leaves before the health code"), patience_s=1.3)),
        after(RESIDENT),
    ),
)
GATE_STUCK = Scenario(
    "gate-stuck",
    "the gate opens and nobody gets through: the admission is annulled, the pass keeps its use",
    LEVEL_2,
    (
        replace(GUEST, title="admitted, cannot pass", passes=False, outcome=GateOutcome.NOT_PASSED),
        replace(GUEST, title="the same guest, gate repaired", made="again", gap_s=9.0),
        RESIDENT,
    ),
)
TAILGATE = Scenario(
    "tailgate",
    "somebody slips in behind the admitted visitor, and is recorded",
    LEVEL_2,
    (
        replace(RESIDENT, title="resident with one follower", followers=1, also=("passage",)),
        RESIDENT,
        replace(RESIDENT, title="resident with two followers", followers=2, also=("passage",)),
    ),
)
DISK_FULL = Scenario(
    "disk-full",
    "the disk takes nothing: the server vouches in its place, and while it is away as well nothing opens",
    LEVEL_2,
    (
        RESIDENT,
        replace(RESIDENT, title="resident, disk full", disk_full=True, also=("part_health",)),
        replace(GUEST, title="guest, disk full", disk_full=True),
        replace(refused(replace(GUEST, made="again"), "replayed pass of the guest before", "pass_used"), disk_full=True),
        replace(
            held(after(RESIDENT), "resident, disk full and server away", "not_recorded"),
            outcome=GateOutcome.NOT_OPENED,
            disk_full=True,
            server_away=True,
        ),
        # By then the disk has been tried again.
        after(replace(RESIDENT, title="resident, disk and server back"), 7.0),
    ),
)
CLOCK_UNSET = Scenario(
    "clock-unset",
    "a kiosk that does not know the date leaves passes to the guard",
    LEVEL_2,
    (
        held(RESIDENT, "resident, no date to hold the pass against", "clock_unset"),
        held(replace(RESIDENT, core_c=38.6), "resident with a fever", "temperature_high"),
        refused(replace(RESIDENT, made="forged"), "forged pass", "pass_forged"),
    ),
    Surroundings(clock="never_set"),
)
WALK_IN = replace(
    unanswered(RESIDENT, "walk-in, goes to fill in the form"),
    visitor=None,
    form=True,
    patience_s=1.3,
    also=("form_requested", "visit_parked"),
)
BUSY = Scenario(
    "busy",
    "thirty people a minute, each at the gate while the one before walks through; some fill in the form and come back",
    NORMAL_TIMES,
    tuple(
        replace(case, queues=True, gap_s=0.0)
        for case in (
            RESIDENT,
            WALK_IN,
            RESIDENT,
            replace(GUEST, title="invited guest, pass", health=None, reasons=(ReasonCode("guest"),)),
            replace(
                COURIER,
                title="courier with a cart, paper pass",
                health=None,
                reasons=(ReasonCode("courier"),),
                both_hands=False,
                passage_s=2.0,
            ),
            RESIDENT,
            replace(GUEST, title="walk-in, back with the form", health=None, reasons=(ReasonCode("guest"),), resumes=True),
            RESIDENT,
        )
    ),
)
FORM = Scenario(
    "form",
    "walk-ins who fill in the form on their own phones at the gate, over HTTP, and show health codes",
    LEVEL_2,
    (
        replace(
            COURIER,
            title="courier with the form on the phone",
            visitor=None,
            form=True,
            fills=Typed(VisitorKind.COURIER),
            both_hands=False,
            patience_s=12.0,
            also=("form_requested", "form_received"),
        ),
        after(RESIDENT),
        held(
            replace(
                COURIER,
                visitor=None,
                form=True,
                fills=Typed(VisitorKind.COURIER),
                both_hands=False,
                health=HealthStatus.YELLOW,
            ),
            "the same with a yellow health code",
            "health_yellow",
        ),
    ),
)

ASKED = ("form_requested", "form_received", "consent_requested", "consent_received")


def category(title: str, typed: Typed, reason: str = "visitor_green", also: tuple[str, ...] = ASKED) -> Case:
    """Somebody with no pass, who fills in the form at the gate, shows a green code, and waits for whoever is asked."""
    return Case(
        title,
        None,
        Answer.ADMIT,
        (ReasonCode(reason),),
        health=HealthStatus.GREEN,
        patience_s=14.0,
        form=True,
        fills=typed,
        also=also,
    )


FRIEND = category("friend, whose host agrees", Typed(VisitorKind.GUEST), "guest_green")
CATEGORIES = Scenario(
    "categories",
    "the seven categories of visitors, with forms on their phones and residents who are asked on theirs, over HTTP",
    str(Path(__file__).parent / "categories.toml"),
    (
        FRIEND,
        replace(
            unanswered(FRIEND, "relative, whose host takes their time, goes to wait"),
            fills=Typed(VisitorKind.GUEST, SLOW, waits=True),
            patience_s=5.0,
            also=("form_received", "consent_requested", "visit_parked"),
        ),
        after(category("courier", Typed(VisitorKind.COURIER), "courier_green", ASKED[:2])),
        category("domestic help", Typed(VisitorKind.DOMESTIC_HELP)),
        category("utility repair", Typed(VisitorKind.UTILITY_REPAIR)),
        category("estate agent with a client", Typed(VisitorKind.ESTATE_AGENT, group=2)),
        Case(
            "the client, measured alone on the agent's form",
            None,
            Answer.ADMIT,
            (ReasonCode("visitor_green"),),
            core_c=36.3,
            health=HealthStatus.GREEN,
            gap_s=SETTLES,
            patience_s=10.0,
        ),
        category("renovation company with its undertaking", Typed(VisitorKind.RENOVATION, letter=True), also=ASKED[:2]),
        replace(
            FRIEND,
            title="the relative is back with the pass on the phone",
            form=False,
            fills=None,
            health=None,
            back=True,
            also=(),
        ),
        replace(
            refused(category("", Typed(VisitorKind.OTHER, REFUSES)), "anybody else, whose host refuses", "consent_declined"),
            patience_s=7.0,
            also=ASKED,
        ),
        replace(
            held(
                category("", Typed(VisitorKind.OTHER, SILENT)),
                "the same, whom nobody can be asked for",
                "consent_unavailable",
            ),
            patience_s=7.0,
            gap_s=SETTLES,
        ),
    ),
)

AT_THEIR_CLOCK = "2021-06-02T14:29:01Z"
"""A second after the clock of CY/8; the others named here are in force then as well, or have their fault at any time."""
CERTIFIED = replace(GUEST, title="EU certificate: vaccination", health=None, vector="dcc/CY/6.json")
CREDENTIALS = Scenario(
    "credentials",
    "credentials made by others, of each kind, valid and faulty, at their clock; needs GATEPOST_TESTDATA",
    str(Path(__file__).parent / "certified.toml"),
    (
        CERTIFIED,
        replace(CERTIFIED, title="EU certificate: recovery", vector="dcc/CY/8.json"),
        replace(CERTIFIED, title="EU certificate: negative test", vector="dcc/DE/2.json"),
        replace(CERTIFIED, title="SMART Health Card", vector=f"{CARD}-trailing_chars.txt"),
        replace(GUEST, title="health code of an issuer"),
        RESIDENT,
        held(replace(CERTIFIED, vector="dcc/common/CO5.json"), "EU certificate: another signature", "health_unknown"),
        held(replace(CERTIFIED, vector="dcc/common/CO9.json"), "EU certificate: a key for other kinds", "health_unknown"),
        held(replace(CERTIFIED, vector="dcc/common/CO22.json"), "EU certificate: nobody's key", "health_unknown"),
        refused(replace(CERTIFIED, vector="dcc/common/CO17.json"), "EU certificate: expired", "health_expired"),
        held(replace(CERTIFIED, vector="dcc/VA/1.json"), "EU certificate: not yet in force", "health_unknown"),
        held(replace(CERTIFIED, vector="dcc/common/Z1.json"), "EU certificate: not compressed", "health_unknown"),
        held(replace(CERTIFIED, vector=f"{CARD}-odd-count.txt"), "SMART Health Card: a digit is missing", "health_unknown"),
        refused(replace(RESIDENT, made="expired"), "expired pass", "pass_expired"),
    ),
    Surroundings(clock=AT_THEIR_CLOCK),
)

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        NORMAL,
        FEVER,
        BAD_CODES,
        SENSOR_LOST,
        CAMERA_LOST,
        SERVER_DOWN,
        ISSUER_SLOW,
        WALK_AWAY,
        GATE_STUCK,
        TAILGATE,
        DISK_FULL,
        CLOCK_UNSET,
        BUSY,
        FORM,
        CATEGORIES,
        CREDENTIALS,
    )
}


def scenario_named(name: str) -> Scenario:
    """Return a scenario. Raises UsageError naming those there are."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise UsageError(f"there is no scenario {name!r}; there are: {', '.join(sorted(SCENARIOS))}") from None
