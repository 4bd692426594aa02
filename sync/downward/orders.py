"""Commands as they are heard: which are the site's, for this device, new, and in time. Late ones are late for good."""

from collections import OrderedDict

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.declared import FormFilled
from kiosk.lines import get_logger
from kiosk.model import Command
from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.spent import UsedElsewhere
from kiosk.units import Monotonic
from sync.downward.form_filled import FORM_FILLED, form_in
from sync.downward.message import EXPIRES_US, OPEN, PASS_USED, Message, OpenBody, PassUsedBody
from sync.downward.server_time import ServerTime
from sync.downward.signing import NotSigned, Purpose, Signed, verified

REMEMBERED = 256
"""So many commands are remembered: far more than can be in time at once."""

Order = RemoteOpen | CommandRefused | FormFilled | UsedElsewhere


class Orders:
    """One core's ears. A command counts once, and for ten seconds by the server's clock at the very most.

    It must have been issued after this core began: what the one before may have carried out is not carried out again.
    """

    def __init__(self, key: Ed25519PublicKey, address: tuple[str, str, str], time: ServerTime, began: Monotonic) -> None:
        """`address`: the compound, the gate, and this device at it."""
        self._key = key
        self._address = address
        self._time = time
        self._began = began
        self._heard: OrderedDict[str, bool] = OrderedDict()
        self.ignored = 0
        """Messages of kinds that are not known here."""
        self.foreign = 0
        """Messages that nobody of this site has sent to this device."""

    def hear(self, signed: Signed, now: Monotonic) -> Order | None:
        """Return what the loop is to do about a message that came at `now`; None: nothing."""
        try:
            said = verified(signed, Purpose.MESSAGE, self._key, Message)
        except NotSigned:
            self._turn_away()
            return None
        if (said.compound, said.gate, said.device) != self._address:
            self._turn_away()
            return None
        if said.kind == FORM_FILLED:
            return self._form(said, now)
        if said.kind == PASS_USED:
            return self._used(said)
        if said.kind != OPEN:
            self.ignored += 1
            return None
        try:
            body = msgspec.convert(said.body, OpenBody)
        except msgspec.ValidationError:
            self.ignored += 1
            return None
        if said.id in self._heard:
            return self._once(said.id, Unfit.REPEATED)
        self._heard[said.id] = False
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        left_us = self._left_us(said, now)
        if left_us <= 0:
            return self._once(said.id, Unfit.LATE)
        return RemoteOpen(Command(said.id, body.issuer, body.reason, body.second), Monotonic(now + left_us / 1e6))

    def _form(self, said: Message, now: Monotonic) -> FormFilled | None:
        """A form in time. It is for one visit, which a core that began later does not have."""
        latest = self._time.latest(now)
        if latest is None or latest >= said.expires_us:
            return None
        try:
            return form_in(said.body)
        except msgspec.ValidationError:
            self.ignored += 1
            return None

    def _used(self, said: Message) -> UsedElsewhere | None:
        """A pass that was used elsewhere: as true when it is heard late or again, so it is taken in whenever it comes."""
        try:
            body = msgspec.convert(said.body, PassUsedBody)
        except msgspec.ValidationError:
            self.ignored += 1
            return None
        return UsedElsewhere(body.mark, body.used)

    def _left_us(self, said: Message, now: Monotonic) -> int:
        """How long a command still counts, at the least; nothing for one that may be from before this core began."""
        latest, at_beginning = self._time.latest(now), self._time.latest(self._began)
        if latest is None or at_beginning is None or said.issued_us <= at_beginning:
            return 0
        return min(said.expires_us, said.issued_us + EXPIRES_US) - latest

    def _once(self, command: str, why: Unfit) -> CommandRefused | None:
        """Each command that is not carried out is told of once, however often it comes."""
        if self._heard[command]:
            return None
        self._heard[command] = True
        return CommandRefused(command, why)

    def _turn_away(self) -> None:
        self.foreign += 1
        if self.foreign == 1:
            get_logger().error("foreign message turned away")
