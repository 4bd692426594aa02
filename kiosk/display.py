"""What the screen is told, and when: the hints that age, the ticket of a parked visitor, and no view twice.

The loop says what it sees, and asks for a refresh after everything else is done: no answer ever waits for a view.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from kiosk.dossier import Dossier
from kiosk.evidence import OF_THE_STANDING, Observation, Scan
from kiosk.facts import Evidence
from kiosk.model import Facts, Need, Part, Phase, VisitId
from kiosk.ports import Clock
from kiosk.remote import Unfit
from kiosk.site import Site
from kiosk.units import Monotonic, Seconds
from kiosk.view import Badge, Declined, Hint, ParkedTicket, View
from kiosk.viewing import CODES, Surroundings, Viewpoint, parked_ticket, served
from kiosk.visit import Visit

MEASURED_EVERY = Seconds(0.125)
"""A temperature as it settles is told so often at most; everything else at once."""
ANSWERED_FOR = Seconds(3.0)
"""How long a code that is of no use here is said to be so, after it was last seen."""
NOTICED_FOR = Seconds(1.0)
"""How long what the eyes notice stands; they repeat it while it holds."""
FOREHEAD_AFTER = Seconds(2.0)
"""Nobody in the thermometer's field for so long, though somebody is there."""
PARKED_FOR = Seconds(15.0)
"""How long the free kiosk shows the ticket of the visitor who was parked, unless somebody else comes or more is asked for."""


class Display:
    """One gate's view as it changes. Belongs to the loop's thread."""

    def __init__(self, site: Site, clock: Clock, show: Callable[[View], None]) -> None:
        self._site = site
        self._viewpoint = Viewpoint(site)
        self._clock = clock
        self._show = show
        self._shown: View | None = None
        self._visit = VisitId("")
        self._useful: dict[bytes, bool] = {}
        self._taken_at: Monotonic | None = None
        self._scanned_at: Monotonic | None = None
        self._declined: Declined | None = None
        self._refused_until = Monotonic(0.0)
        self._several_until = Monotonic(0.0)
        self._noticed: tuple[Hint, Monotonic] | None = None
        self._moving = False
        self._in_field = False
        self._field_left_at = clock.monotonic()
        self._parked: tuple[ParkedTicket, Monotonic] | None = None

    def go_by(self, site: Site) -> None:
        """Show what this gate asks for from now on; a visit that began under other rules is shown by those."""
        self._site = site

    def observed(self, seen: Observation) -> None:
        """Note whether somebody is in the thermometer's field."""
        if self._in_field and not seen.present:
            self._field_left_at = seen.at
        self._in_field = seen.present

    def moved(self, moving: bool) -> None:
        """Note that the picture began or ceased to move."""
        self._moving = moving

    def noticed(self, hint: Hint, at: Monotonic) -> None:
        """Note what keeps the eyes from reading a code, or that they see several at once."""
        if hint is Hint.SEVERAL_CODES:
            self._several_until = Monotonic(at + ANSWERED_FOR)
            return
        self._noticed = hint, Monotonic(at + NOTICED_FOR)

    def scanned(self, here: Dossier, scan: Scan, before: Facts) -> None:
        """Note what became of a code: one that the rules have no use for is answered with a hint while it is held up."""
        self._turn_to(here.visit.id)
        after, asks = here.evidence.facts, self._viewpoint_of(here).asks
        now = self._clock.monotonic()
        new = scan.content not in self._useful
        fresh = not self._useful.get(scan.content, False)
        serves = served(before, after) | ({Need.HEALTH_CODE} if here.evidence.counts(scan.content) else set())
        useful = self._useful[scan.content] = not fresh or bool(serves & asks)
        if new or (fresh and useful) or (not useful and now >= self._refused_until):
            self._scanned_at = scan.decoded_at
        if not useful:
            self._refused_until = Monotonic(now + ANSWERED_FOR)
        elif fresh:
            self._taken_at, self._refused_until = now, Monotonic(0.0)
        self._noticed = None

    def declined(self, why: Unfit) -> None:
        """Note that what a guard asked for at the kiosk was not carried out."""
        self._declined = Declined(why, self._clock.monotonic())

    def kept_longer(self) -> bool:
        """Leave the ticket of a parked visitor there for as long again; whether there is one."""
        now = self._clock.monotonic()
        ticket = self._ticket(now)
        if ticket is not None:
            self._parked = ticket, Monotonic(now + PARKED_FOR)
        return ticket is not None

    def put_away(self) -> None:
        """Put the ticket of a parked visitor away."""
        self._parked = None

    def refresh(
        self,
        here: Dossier,
        on_the_way: Dossier | None,
        lost: Mapping[Part, Monotonic],
        badge: Badge | None = None,
        next_of_group: tuple[int, int] | None = None,
    ) -> None:
        """Tell the screen what has changed since it was told last.

        Whoever is at the kiosk sees their visit; while nobody is, the one on the way through sees the answer, unless
        somebody was just parked.
        """
        now = self._clock.monotonic()
        self._follow(here.visit, now)
        ticket = self._ticket(now)
        free = here.visit.phase is Phase.IDLE and ticket is None
        dossier = on_the_way if free and on_the_way is not None else here
        visit, evidence = dossier.visit, dossier.evidence
        self._turn_to(visit.id)
        if Part.THERMOMETER in lost:
            self._in_field = False
        around = Surroundings(
            lost=lost,
            in_field=self._in_field,
            hint=self._hint(visit, evidence, lost, now),
            code_taken_at=self._taken_at,
            scanned_at=self._scanned_at,
            parked=ticket,
            parked_until=None if self._parked is None else self._parked[1],
            declined=self._declined,
            badge=badge,
            next_of_group=next_of_group,
        )
        view, shown = self._viewpoint_of(dossier).view(visit, evidence, around, now), self._shown
        if shown is not None:
            settling = replace(view, at=shown.at, measured=shown.measured) == shown
            if settling and (view.measured == shown.measured or now < shown.at + MEASURED_EVERY):
                return
        self._shown = view
        self._show(view)

    def _viewpoint_of(self, dossier: Dossier) -> Viewpoint:
        """By the rules of this visit. They change so seldom that one viewpoint is kept."""
        document = dossier.document or self._site.document
        if self._viewpoint.site is not self._site or self._viewpoint.document is not document:
            self._viewpoint = Viewpoint(self._site, document)
        return self._viewpoint

    def _turn_to(self, visit: VisitId) -> None:
        """Forget what became of the codes of the visit before."""
        if visit != self._visit:
            self._visit, self._useful = visit, {}
            self._taken_at, self._refused_until = None, Monotonic(0.0)
            self._several_until = Monotonic(0.0)
            self._scanned_at, self._declined = None, None

    def _follow(self, visit: Visit, now: Monotonic) -> None:
        if visit.phase is Phase.IDLE:
            self._field_left_at = now
        elif (ticket := parked_ticket(visit)) is not None:
            self._parked = ticket, Monotonic(now + PARKED_FOR)
        else:
            self._parked = None

    def _hint(self, visit: Visit, evidence: Evidence, lost: Mapping[Part, Monotonic], now: Monotonic) -> Hint | None:
        if now < self._refused_until:
            # Of several at once it may be any that is of no use.
            return Hint.SEVERAL_CODES if now < self._several_until else Hint.NOT_RECOGNISED
        asking = visit.decision is None
        if self._noticed is not None and now < self._noticed[1] and asking and (not visit.wanted or visit.wanted & CODES):
            return self._noticed[0]
        reading = evidence.facts.reading
        if (
            asking
            and reading is not None
            and Need.TEMPERATURE in visit.wanted
            and not OF_THE_STANDING.isdisjoint(reading.quality)
        ):
            return Hint.FOREHEAD
        there = bool(evidence.seen) or (self._moving and not {Part.EYES, Part.CAMERA} & lost.keys())
        away = not self._in_field and now >= self._field_left_at + FOREHEAD_AFTER
        if asking and there and away and Need.TEMPERATURE in visit.wanted and Part.THERMOMETER not in lost:
            return Hint.FOREHEAD
        return None

    def _ticket(self, now: Monotonic) -> ParkedTicket | None:
        return self._parked[0] if self._parked is not None and now < self._parked[1] else None
