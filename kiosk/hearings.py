"""What people tell the gate or ask of it: the visitor by touch or on a phone, the resident, the guard, here or afar."""

from kiosk import flow, overriding
from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.journal import Journal
from kiosk.model import Command
from kiosk.overriding import Way
from kiosk.party import part
from kiosk.people import Consent
from kiosk.ports import Clock
from kiosk.presence import Presence
from kiosk.remote import CommandRefused, Unfit
from kiosk.rulebook import Rulebook
from kiosk.sightings import Sightings
from kiosk.units import Monotonic
from kiosk.viewing import rung_out
from kiosk.visit import ConsentReceived, ConsentWanted, FormReceived, FormWanted, GuardDecided, GuardWanted
from kiosk.visits import Visits
from kiosk.weighing import wants_host


class Hearings:
    """What one gate hears from people. Belongs to the loop's thread."""

    def __init__(
        self,
        *,
        visits: Visits,
        sightings: Sightings,
        rules: Rulebook,
        clock: Clock,
        journal: Journal,
        presence: Presence,
        display: Display,
    ) -> None:
        """`sightings`: whoever touches the screen, or is let in by a person, is there, seen or not."""
        self._visits = visits
        self._sightings = sightings
        self._rules = rules
        self._clock = clock
        self._journal = journal
        self._presence = presence
        self._display = display

    @property
    def _here(self) -> Dossier:
        return self._visits.here

    def form_asked(self) -> None:
        """A visitor asks for the form. Their touch is a sign of them, and begins a visit."""
        self._sightings.seen(self._clock.monotonic())
        # Without a server there is no form to wait for.
        if self._rules.site.form_url(self._visits.visit.id) is not None:
            part(self._here)
            self._visits.take(FormWanted())

    def guard_asked(self) -> None:
        """A visitor asks for the guard; once more where the first call has rung out."""
        now = self._clock.monotonic()
        self._sightings.seen(now)
        self._presence.called(now)
        self._visits.weigh()
        if self._visits.visit.called_at is None or rung_out(self._rules.site, self._visits.visit, now):
            self._visits.take(GuardWanted())

    def form_filled(self, filled: FormFilled) -> None:
        """Give what was told on a phone to its visit, wherever it waits; one that has ended has no use for it."""
        dossier = self._visits.called(filled.visit)
        if dossier is None:
            return
        now = self._clock.monotonic()
        dossier.evidence.declared(filled.declaration, now)
        if filled.filing is not None:
            dossier.evidence.filed(filled.filing, now)
        self._journal.note("form_received", filled.visit)
        if dossier is self._here:
            self._visits.take(FormReceived())
            self._visits.weigh()
        elif wants_host(self._rules.judged(dossier), dossier.evidence.facts):
            # Whoever went away to fill it in need not come back before their host is asked.
            self._visits.take(ConsentWanted(), dossier)

    def consent_answered(self, answered: ConsentAnswered) -> None:
        """Give what a resident said to its visit, wherever it waits. Who does not agree lets nobody more of a group come."""
        if answered.answer is not Consent.GIVEN:
            self._visits.parties.over(answered.visit)
        dossier = self._visits.called(answered.visit)
        if dossier is None:
            return
        if answered.answer is None:
            dossier.evidence.unreached()
        else:
            dossier.evidence.consented(answered.answer, self._clock.monotonic())
        self._journal.note("consent_received", answered.visit, answer=answered.answer or "unreached")
        if dossier is self._here:
            self._visits.take(ConsentReceived())
            self._visits.weigh()

    def let_in(self, command: Command, way: Way, until: Monotonic) -> None:
        """Let in whoever is there, seen or not, where the rules leave it to a person: who commands it sees or hears them."""
        now = self._clock.monotonic()
        why = Unfit.LATE if now >= until else None
        if why is None:
            self._sightings.seen(now)
            self._presence.called(now)
            document = self._rules.of(self._here)
            reasons = overriding.in_the_way(self._visits.visit.decision, self._rules.decided(self._here))
            event = GuardDecided(overriding.decision_of(command, way, document, reasons), until)
            if not flow.takes(self._visits.visit, event):
                why = Unfit.UNDER_WAY
            elif (why := overriding.unfit(document, command, reasons)) is None:
                self._here.evidence.times["decided"] = now
                self._visits.take(event)
                return
        self._journal.refused(CommandRefused(command.id, why))
        if way is Way.AT_GATE:
            self._display.declined(why)
