"""Messages for now: what a kiosk hears within a moment or not at all. JSON; formats that live for years.

    GET /api/v1/now?compound&gate&after&number&wait  -> 200 with News, at once or when there is some, `wait` s at most

`after` is the `next` of the answer before, `number` the number of the documents that the kiosk has asked for: an answer
with another one means that documents have changed. A message is signed, names its issuer and expires by the server's
clock. Kinds and members that a kiosk does not know are passed over and counted. The kinds:

    open             {"issuer", "role", "reason", "second"}  let in whoever is at the gate
    mode             {..., "mode", "lasts_s"}                hold the gate open for so long, lock it, or neither
    pass_used        {"mark", "used"}                        a pass for one use was used at another gate, or keeps its use
    form_filled      {"visit", "visitor", ...}               a visitor's form is complete (`sync.downward.form_filled`)
    consent_answered {"visit", "answer"}                     a resident has answered (`sync.downward.consent_answered`)
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kiosk.events import MAX_INTEGER
from kiosk.gate_mode import HELD_OPEN_AT_MOST, GateMode
from sync.downward.publication import Micros, Name
from sync.downward.signing import Signed

OPEN, MODE, PASS_USED = "open", "mode", "pass_used"
EXPIRES_US = 10_000_000
"""So long after it was issued a command is still carried out."""
MAX_NEWS = 256 * 1024
"""The most bytes of an answer that a kiosk reads."""
LONGEST_WAIT_S = 55.0
WAIT_S = 25.0

MessageId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,32}\Z")]
KindName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The statement of one message to one device at a gate."""

    compound: Name
    gate: Name
    device: Name
    id: MessageId
    kind: KindName
    issued_us: Micros
    expires_us: Micros
    body: dict[str, Any]


class OpenBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a remote open says: who lets somebody in, in what role, and why; and who agreed, if somebody did."""

    issuer: Annotated[str, Meta(min_length=1, max_length=200)]
    role: Annotated[str, Meta(pattern=r"^[a-z_]{1,32}\Z")]
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    second: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ModeBody(OpenBody, frozen=True, kw_only=True, omit_defaults=True):
    """What an order of a mode says: as a remote open, and the mode; `lasts_s`: for how long the gate is held open."""

    mode: GateMode
    lasts_s: Annotated[int, Meta(ge=1, le=int(HELD_OPEN_AT_MOST))] | None = None


class PassUsedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate hears of a pass for one use: its mark (`kiosk.spent.Spend`), and whether it has had its use."""

    mark: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    used: bool


class News(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: the documents' number, the messages that stand, oldest first, and where the next question goes on."""

    wire: int
    number: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
    next: Annotated[str, Meta(max_length=80)]
    messages: list[Signed]
