"""Values that a kiosk's configuration may have, each with the words that say what is wanted."""

from typing import Annotated

from msgspec import Meta

from kiosk.settings import LANGUAGE, MOST_VOLUMES, PHONE, TIME_OF_DAY

Positive = Annotated[float, Meta(gt=0)]
Pin = Annotated[int, Meta(ge=0, le=27)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Name = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="a name of small letters, digits and -, of 63 at most")
]
Address = Annotated[str, Meta(pattern=r"^https?://", description="an address that begins with https:// or http://")]
ProxyAddress = Annotated[
    str,
    Meta(
        pattern=r"^http://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}\Z",
        description="a proxy's address with its port, such as http://proxy.example:3128",
    ),
]
FormAddress = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s?#]+$",
        max_length=120,
        description="an address that begins with https:// or http://, without ? and #, of 120 characters at most",
    ),
]
Language = Annotated[str, Meta(pattern=LANGUAGE, description="zh, en, ja or ko")]
Phone = Annotated[str, Meta(pattern=PHONE, description="a telephone number: digits, spaces and ( ) + -")]
TimeOfDay = Annotated[str, Meta(pattern=TIME_OF_DAY, description="a time of day such as 07:00")]
Volume = Annotated[tuple[tuple[TimeOfDay, Percent], ...], Meta(min_length=1, max_length=MOST_VOLUMES)]
Window = Annotated[str, Meta(pattern=r"^[1-9]\d{2,3}x[1-9]\d{2,3}$", description="a width and a height such as 1024x600")]
StaffPin = Annotated[
    str, Meta(pattern=r"^scrypt\$16384\$8\$1\$[0-9a-f]{32}\$[0-9a-f]{64}$", description="what `gatepost pin` prints")
]
GuardName = Annotated[str, Meta(pattern=r"^\S(.{0,38}\S)?$", description="a name of 40 characters at most")]
DocumentKey = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{64}$", description="the 64 digits that `gatepost central documents` prints")
]
SimulatedClock = Annotated[
    str,
    Meta(
        pattern=r"^(machine|never_set|20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ)$",
        description="machine, never_set, or a moment such as 2021-06-02T14:29:01Z",
    ),
]
