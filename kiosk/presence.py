"""Who stands at the gate: the visitor of this visit, the one just answered who is walking off, or nobody. Pure."""

from collections.abc import Mapping

from kiosk.model import Monotonic, Observation, Reading, Scan, Seconds

ABSENCE = Seconds(1.5)
"""Nobody and no code for so long: the visitor has left."""
SAME_CODE_AGAIN = Seconds(3.0)
"""A code still held up after its visit ended begins a new one only after it was out of sight for so long."""
CALLED_FOR = Seconds(15.0)
"""Whoever has called the guard is taken to be there for so long, also where camera and thermometer do not reach."""
SPOT_EMPTY = Seconds(0.5)
"""The thermometer's spot has been empty for so long: whoever stands there next is measured anew."""


class Presence:
    """What was last seen of a visitor, and what of it still belongs to the visitor before."""

    def __init__(self) -> None:
        self.left = False
        self._last_seen = Monotonic(0.0)
        self._answered: dict[bytes, Monotonic] = {}
        self._walking_off = False
        self._measured = Monotonic(0.0)
        self._empty_since: Monotonic | None = None

    def seen(self, at: Monotonic) -> bool:
        """Note a sign of the visitor; True when they had left and are back."""
        self._last_seen = max(self._last_seen, at)
        back, self.left = self.left, False
        return back

    def called(self, at: Monotonic) -> None:
        """Note that the visitor called the guard."""
        self.seen(Monotonic(at + CALLED_FOR))

    def absent(self, now: Monotonic) -> bool:
        """Whether nothing was seen for so long that the visitor counts as gone; True once."""
        if self.left or now < self.absent_at():
            return False
        self.left = True
        return True

    def absent_at(self) -> Monotonic:
        """When the visitor counts as gone unless something is seen before."""
        return Monotonic(self._last_seen + ABSENCE)

    def lingers(self, scan: Scan) -> bool:
        """Whether this code was answered already and has not been out of sight since."""
        last = self._answered.get(scan.content)
        if last is None:
            return False
        if scan.captured_at - last >= SAME_CODE_AGAIN:
            del self._answered[scan.content]
            return False
        self._answered[scan.content] = scan.captured_at
        return True

    def arrives(self, observation: Observation) -> bool:
        """Whether the thermometer sees somebody who is not the one just answered."""
        if not observation.present:
            self._walking_off = False
            return False
        if self._walking_off and observation.reading is not None and self.fresh(observation.reading):
            self._walking_off = False
        return not self._walking_off

    def spot_empty(self, observation: Observation) -> bool:
        """Whether nobody has stood in the thermometer's spot for a while, so that no reading vouches any more."""
        if observation.present:
            self._empty_since = None
            return False
        if self._empty_since is None:
            self._empty_since = observation.at
        return observation.at - self._empty_since >= SPOT_EMPTY

    def fresh(self, reading: Reading) -> bool:
        """Whether a reading is of a person who came after the last one that was measured.

        Whoever steps into the spot before it was empty would otherwise come in with another's temperature.
        """
        return reading.began_at > self._measured

    def answered(self, codes: Mapping[bytes, Monotonic], reading: Reading | None) -> None:
        """End of a visit: what it was answered on belongs to nobody who comes after."""
        self.left = False
        self._last_seen = Monotonic(0.0)
        self._answered = dict(codes)
        self._walking_off = True
        if reading is not None:
            self._measured = max(self._measured, reading.began_at)
