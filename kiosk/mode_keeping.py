"""Which mode the gate is in, as far as it was ordered: when an order counts, until when, and what the gate is told.

A lock counts at once, for it lets nobody in. Held open counts once its order is durable, and ends by itself, here and in
the gate's own process. Belongs to the loop's thread; never waits.
"""

from contextlib import suppress

from kiosk.errors import DeviceLost
from kiosk.gate_mode import HELD_OPEN_AT_MOST, GateMode, Kept, ModeOrder, ModeRecorded, ModeSince
from kiosk.journal import Journal
from kiosk.ports import Clock, Gate
from kiosk.remote import CommandRefused, Unfit
from kiosk.units import Monotonic


class ModeKeeping:
    """One gate's ordered mode. What was kept of before comes first: a lock goes on, held open does not."""

    def __init__(self, gate: Gate, journal: Journal, clock: Clock, kept: Kept) -> None:
        self._gate = gate
        self._journal = journal
        self._clock = clock
        self._pending: ModeOrder | None = None
        self._until: Monotonic | None = None
        self.mode = kept.mode
        if kept.mode is GateMode.HELD_OPEN:
            self.mode = GateMode.NORMAL
            self._journal.mode(GateMode.NORMAL, ModeSince.RESTARTED, kept.command)

    def order(self, order: ModeOrder) -> None:
        """Take in an order that may be carried out. Whatever was ordered before it counts no more."""
        if self._clock.monotonic() >= order.until:
            self._refuse(order, Unfit.LATE)
            return
        self._pending = order
        self._journal.ordered(order)
        if order.mode is not GateMode.HELD_OPEN:
            self._set(order.mode, None)

    def recorded(self, item: ModeRecorded) -> None:
        """Hold the gate open once its order is durable, unless something else was ordered since, or that took too long."""
        order, now = item.order, self._clock.monotonic()
        if order is not self._pending or order.mode is not GateMode.HELD_OPEN:
            return
        self._pending = None
        if not item.well:
            self._refuse(order, Unfit.NOT_RECORDED)
        elif now >= order.until:
            self._refuse(order, Unfit.LATE)
            self._journal.mode(self.mode, ModeSince.KEPT, order.command.id)
        else:
            lasts_s = min(HELD_OPEN_AT_MOST if order.lasts_s is None else order.lasts_s, HELD_OPEN_AT_MOST)
            self._set(GateMode.HELD_OPEN, Monotonic(now + lasts_s))

    def due(self, now: Monotonic) -> None:
        """End what is held open when its time is over."""
        if self._until is not None and now >= self._until:
            self._set(GateMode.NORMAL, None)
            self._journal.mode(GateMode.NORMAL, ModeSince.OVER, None)

    def next_deadline(self) -> Monotonic | None:
        """When `due` has something to do; None: never."""
        return self._until

    def gate_is_there(self) -> None:
        """Tell a gate that has just come, which knows of no order."""
        if self.mode is not GateMode.NORMAL:
            self._tell()

    def _set(self, mode: GateMode, until: Monotonic | None) -> None:
        self.mode, self._until = mode, until
        self._tell()

    def _tell(self) -> None:
        with suppress(DeviceLost):
            # It is told as soon as it is there.
            self._gate.set_mode(self.mode, self._until)

    def _refuse(self, order: ModeOrder, why: Unfit) -> None:
        self._journal.refused(CommandRefused(order.command.id, why))
