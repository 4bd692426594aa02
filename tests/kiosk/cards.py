"""A card as somebody writes it, and the folders of the kiosk that takes it over."""

from dataclasses import dataclass
from pathlib import Path

from sync.enrolment_code import EnrolmentCode

CODE = str(EnrolmentCode(b"0123456789"))
WIFI_PASSWORD = "a planted password"
CARD = f"""\
# our gate at the river
[gate]
compound = "riverside"
device = "gate-1"
[policy]
file = "shipped:normal-times"
[server]
url = "https://gatepost.example:8443"
enrolment_code = "{CODE}"   # of Tuesday
[network]
wifi = "Gate; house 门"
wifi_password = "{WIFI_PASSWORD}"
"""


@dataclass
class Machine:
    """The places of one kiosk, in a folder of a test's own."""

    root: Path

    def __post_init__(self) -> None:
        for folder in (self.fat, self.etc):
            folder.mkdir(parents=True)

    @property
    def fat(self) -> Path:
        return self.root / "boot"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def connections(self) -> Path:
        return self.root / "connections"

    @property
    def card(self) -> Path:
        return self.fat / "gatepost.toml"

    @property
    def errors(self) -> Path:
        return self.fat / "gatepost-errors.txt"
