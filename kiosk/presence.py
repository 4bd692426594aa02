"""Who stands at the gate: the visitor of this visit, the one just answered who is walking off, or nobody. Pure."""

from collections.abc import Mapping

from kiosk.evidence import Observation, Reading, Scan
from kiosk.units import Monotonic, Seconds

ABSENCE = Seconds(1.5)
"""Nobody and no code for so long: the visitor has left."""
SAME_CODE_AGAIN = Seconds(3.0)
"""A code still held up after its visit ended begins a new one only after it was out of sight for so long."""
BEGINS_AGAIN = Seconds(1.5)
"""Whoever ended their visit by a touch and has not gone by then begins another, with the code that they hold up still."""
CALLED_FOR = Seconds(15.0)
"""Whoever has called the guard is taken to be there for so long, also where camera and thermometer do not reach."""
SPOT_EMPTY = Seconds(0.5)
"""The thermometer's spot has been empty for so long: whoever stands there next is measured anew."""
SETS_OFF = Seconds(0.5)
"""Whoever was answered sets off no sooner: a code that comes up meanwhile is another one of theirs."""
STAYS_AT_MOST = Seconds(3.0)
"""Whoever stands in the spot later than so long after an answer may be somebody else who was never seen to step in."""


class Presence:
    """What was last seen of a visitor, and what of it still belongs to the visitor before."""

    def __init__(self) -> None:
        self.left = False
        self._last_seen = Monotonic(0.0)
        self._sighted = Monotonic(0.0)
        self._answered: dict[bytes, Monotonic] = {}
        self._answered_at = Monotonic(0.0)
        self._theirs_until = Monotonic(0.0)
        self._begins_again_at: Monotonic | None = None
        self._walking_off = False
        self._measured = Monotonic(0.0)
        self._in_spot = False
        self._stood = False
        self._stepped_out = False
        self._empty_since: Monotonic | None = None
        self._vacated: bool | None = None

    def seen(self, at: Monotonic) -> None:
        """Note a sign of the visitor."""
        self._last_seen = max(self._last_seen, at)
        self._sighted = max(self._sighted, at)
        self.left = False

    def called(self, at: Monotonic) -> None:
        """Note that the visitor called the guard."""
        self.seen(at)
        self._last_seen = max(self._last_seen, Monotonic(at + CALLED_FOR))

    def expected(self, now: Monotonic) -> bool:
        """Whether the visitor called the guard so lately that they are taken to be there, seen or not."""
        return now < self._last_seen

    def aside(self, now: Monotonic) -> bool:
        """Whether the visitor has stepped out of the spot, or nothing is seen of them, whether or not they are waited for."""
        return self._stepped_out or now >= self._sighted + ABSENCE

    def absent(self, now: Monotonic, waited: Seconds = ABSENCE) -> bool:
        """Whether nothing was seen for so long that the visitor counts as gone; True once."""
        if self.left or now < self.absent_at(waited):
            return False
        self.left = True
        return True

    def absent_at(self, waited: Seconds = ABSENCE) -> Monotonic:
        """When the visitor counts as gone unless something is seen before; `waited`: for so long they are waited for."""
        return max(Monotonic(self._last_seen + ABSENCE), Monotonic(self._sighted + waited))

    def lingers(self, scan: Scan) -> bool:
        """Whether a code is of whoever was just answered: it was then in sight and still is, or they are still there."""
        last = self._answered.get(scan.content)
        if last is None:
            return scan.captured_at <= self._theirs_until
        if scan.captured_at - last >= SAME_CODE_AGAIN or self._begins_again(scan.captured_at):
            del self._answered[scan.content]
            return False
        self._answered[scan.content] = scan.captured_at
        return True

    def steps_in(self, observation: Observation) -> bool:
        """Whether somebody stands in the thermometer's spot, where nobody did a moment ago."""
        return observation.present and not self._in_spot

    def arrives(self, observation: Observation) -> bool:
        """Whether the thermometer sees somebody who is not the one just answered."""
        self._in_spot = observation.present
        if not observation.present:
            self._walking_off = False
            return False
        if self._walking_off and observation.reading is not None and self.fresh(observation.reading):
            self._walking_off = False
        if self._walking_off:
            self._theirs_until = max(self._theirs_until, min(observation.at, Monotonic(self._answered_at + STAYS_AT_MOST)))
        elif self._vacated:
            # Somebody has come in the place of the one who was answered: the codes in sight are theirs, also the same.
            self._answered.clear()
            self._theirs_until = Monotonic(0.0)
            self._vacated = None
        self._stood = not self._walking_off
        self._stepped_out = False
        return self._stood

    def left_spot(self, observation: Observation) -> bool:
        """Whether this visitor stood in the thermometer's spot and is out of it for so long that no reading vouches."""
        if observation.present:
            self._empty_since = None
            return False
        if self._empty_since is None:
            self._empty_since = observation.at
        if observation.at - self._empty_since < SPOT_EMPTY:
            return False
        if self._vacated is False:
            self._vacated = True
        self._stepped_out = self._stood
        return self._stood

    def fresh(self, reading: Reading) -> bool:
        """Whether a reading is of a person who came after the last one that was measured.

        Whoever steps into the spot before it was empty would otherwise come in with another's temperature. One who
        begins again is measured on.
        """
        return reading.began_at > self._measured or self._begins_again(reading.at)

    def answered(self, codes: Mapping[bytes, Monotonic], reading: Reading | None, now: Monotonic) -> None:
        """End of a visit whose visitor is still there: what it was answered on belongs to nobody who comes after."""
        self._end(codes, reading)
        self._answered_at = now
        self._theirs_until = Monotonic(now + SETS_OFF)
        if self._in_spot:
            # Also what is measured from now on.
            self._measured = max(self._measured, now)
            self._vacated = False

    def turned_back(self, codes: Mapping[bytes, Monotonic], reading: Reading | None, now: Monotonic) -> None:
        """End of a visit by its visitor's touch: they walk off, or stay and begin again."""
        self.answered(codes, reading, now)
        self._begins_again_at = Monotonic(now + BEGINS_AGAIN)

    def passed(self) -> None:
        """Whoever was answered is through the gate: what is seen from now on is of others."""
        self._theirs_until = Monotonic(0.0)
        self._answered_at = Monotonic(0.0)

    def gone(self, codes: Mapping[bytes, Monotonic], reading: Reading | None) -> None:
        """End of a visit whose visitor has left: `codes` are those that it was answered on."""
        self._end(codes, reading)
        self._theirs_until = Monotonic(0.0)
        # Out of an empty spot nobody walks off: whoever stands there next is the next one.
        self._walking_off = self._in_spot

    def _begins_again(self, at: Monotonic) -> bool:
        return self._begins_again_at is not None and at >= self._begins_again_at

    def _end(self, codes: Mapping[bytes, Monotonic], reading: Reading | None) -> None:
        self.left = False
        self._last_seen = self._sighted = Monotonic(0.0)
        self._begins_again_at = None
        self._answered = dict(codes)
        self._walking_off = True
        self._stood = self._stepped_out = False
        self._vacated = None
        if reading is not None:
            self._measured = max(self._measured, reading.began_at)
