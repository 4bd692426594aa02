"""The TOML configuration of a kiosk: validated whole, before anything is started; every key documented.

An annotated example is `deploy/kiosk.example.toml`; a test holds it against these classes.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from kiosk.beside import beside, beside_after
from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from kiosk.loopback import leads_to_loopback
from kiosk.settings import LEAST_ANSWERS_S, MOST_ANSWERS_S, out_of_order
from kiosk.values import (
    Address,
    DocumentKey,
    FormAddress,
    GuardName,
    Language,
    Name,
    Phone,
    Pin,
    Positive,
    ProxyAddress,
    SimulatedClock,
    StaffPin,
    Volume,
    Window,
)


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of the file. Unknown keys are errors."""


class GateSection(Section, frozen=True):
    """[gate] Which gate this is, and where its processes meet.

    `metrics_port`: the core serves its figures to Prometheus there, on loopback only; 0 is any free port.
    """

    compound: Name
    device: Name
    run_dir: str = "/run/gatepost"
    pulse_s: Annotated[float, Meta(gt=0, le=5)] = 0.8
    passage_s: Annotated[float, Meta(gt=0, le=60)] = 8.0
    metrics_port: Annotated[int, Meta(ge=0, le=65535)] | None = None


Symbology = Literal["qr", "micro_qr", "aztec", "data_matrix"]


class CameraSection(Section, frozen=True):
    """[camera] `source` is `device:0`, `picamera2`, `picture:FILE`, `folder:DIR`, `video:FILE` or `simulated`.

    `exposure` (0.1 ms), `focus`, `gain` and `power_line_hz` are a V4L2 device's; left out, its driver sees to them.
    """

    source: str = "device:0"
    width: Annotated[int, Meta(ge=160, le=3840)] = 1280
    height: Annotated[int, Meta(ge=120, le=2160)] = 720
    fps: Annotated[int, Meta(ge=1, le=120)] = 30
    idle_fps: Annotated[int, Meta(ge=1, le=30)] = 10
    symbologies: Annotated[tuple[Symbology, ...], Meta(min_length=1)] = ("qr",)
    exposure: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    focus: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    gain: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    power_line_hz: Literal[50, 60] | None = None


class ThermometerSection(Section, frozen=True):
    """[thermometer] `source` is `i2c:BUS`, `simulated` or `none`.

    `bus_pins`: data and clock in BCM numbers, so that a stuck bus can be freed; without it only a power cycle does.
    `calibration`: the file that `gatepost calibrate` wrote; without it the formula's numbers are assumptions.
    `ranger`: the address of a VL53L0X on the same bus, which tells how far away the forehead is; without it nothing does.
    """

    source: str = "i2c:1"
    address: Annotated[int, Meta(ge=3, le=0x77)] = 0x5A
    bus_pins: tuple[Pin, Pin] | None = None
    presence_c: Annotated[float, Meta(gt=0, le=15)] = 4.0
    calibration: Annotated[str, Meta(min_length=1)] | None = None
    ranger: Annotated[int, Meta(ge=3, le=0x77)] | None = None


class RelaySection(Section, frozen=True):
    """[relay] `source` is `lgpio` or `simulated`; pins in BCM numbers.

    `direction`: which way people go through, `in`, `out` or `both`, while the kiosk is not enrolled, which says so too. The
    switches are contacts to ground: the guard's key
    (`hold_open_pin`, `lock_pin`), and what is only noticed (`exit_pin`; `fire_pin` and `tamper_pin`, which alarm by
    opening). `green_pin`, `red_pin` and `buzzer_pin` are outputs, active high.
    """

    source: str = "lgpio"
    pin: Pin = 17
    active_high: bool = True
    passage_pin: Pin | None = 27
    direction: Literal["in", "out", "both"] = "in"
    hold_open_pin: Pin | None = None
    lock_pin: Pin | None = None
    exit_pin: Pin | None = None
    fire_pin: Pin | None = None
    tamper_pin: Pin | None = None
    green_pin: Pin | None = None
    red_pin: Pin | None = None
    buzzer_pin: Pin | None = None


class ScreenSection(Section, frozen=True):
    """[screen] What the touch screen looks like, what it says, and whom it names to those who need help.

    `fitted`: whether there is one, which is then started and missed when it is away. `diagonal_in`: the panel's, in
    inches; every size follows from it. `window`: `WIDTHxHEIGHT` instead of the whole display. `font`, `theme`,
    `notices`, `recordings`: the site's own files. `volume`: from which local time on how loud it speaks; the last one
    lasts over midnight. `dim_after_s`: so long after the last visitor it grows dark. `cache`: a folder that it may
    write to. `statistics`: a file that it writes its pace to at its end, and on SIGUSR1. `staff_pin`: what `gatepost
    pin` prints; `guards`: each guard's name with such a PIN, who lets people in under that name. Without any PIN a
    badge alone opens the staff's door. `form_url`: what a visitor form's address begins with; without it, `[server] url` and
    `/f/`. `guard_phone` is shown when nobody has answered a call for `guard_answers_s`.
    """

    fitted: bool = True
    language: Language = "zh"
    diagonal_in: Annotated[float, Meta(ge=3, le=60)] = 7.0
    window: Window | None = None
    font: str | None = None
    theme: str | None = None
    large_type: bool = False
    high_contrast: bool = False
    dim_after_s: Annotated[float, Meta(ge=10)] = 120.0
    preview_fps: Annotated[int, Meta(ge=1, le=30)] = 15
    volume: Volume = (("07:00", 80), ("22:00", 30))
    recordings: str | None = None
    notices: str | None = None
    form_url: FormAddress | None = None
    guard_phone: Phone | None = None
    guard_answers_s: Annotated[float, Meta(ge=LEAST_ANSWERS_S, le=MOST_ANSWERS_S)] = 60.0
    staff_pin: StaffPin | None = None
    guards: Annotated[dict[GuardName, StaffPin], Meta(max_length=12)] = msgspec.field(default_factory=dict)
    cache: str = "/var/cache/gatepost"
    statistics: str | None = None


class LogSection(Section, frozen=True):
    """[log] Where the durable log lives, and the keys to which what names a person is sealed.

    `month_keys`: the compound's public keys, as `gatepost central keys publish` writes them. Without them nothing that
    names a person is recorded. `capacity_mb`: the log grows no larger; when it is full, it fails as a full disk does.
    """

    path: str = "/var/lib/gatepost/log.sqlite"
    capacity_mb: Annotated[int, Meta(ge=64, le=1024 * 1024)] = 2048
    month_keys: Annotated[str, Meta(min_length=1)] | None = None

    @property
    def capacity(self) -> int:
        """Its capacity in bytes."""
        return self.capacity_mb * 1024 * 1024


class ServerSection(Section, frozen=True):
    """[server] The central server. Without a URL the kiosk works alone and keeps everything.

    `enrolment_code`: what `gatepost central enrol` prints, or `file:PATH` of it; of no use once the kiosk is enrolled.
    `insecure`: send without TLS beyond loopback all the same. `proxy`: what passes the connections on, by CONNECT and
    unopened: the kiosk believes the server's own certificate and no other.
    `document_key`: the public half of the key that signs the server's documents and commands, as `gatepost central
    documents` prints it. Without it nothing comes down: the kiosk goes by its configuration, and opens on no command.
    """

    url: Address | None = None
    timeout_s: Positive = 5.0
    batch: Annotated[int, Meta(ge=1, le=1000)] = 200
    enrolment_code: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    insecure: bool = False
    proxy: ProxyAddress | None = None
    document_key: DocumentKey | None = None


class PolicySection(Section, frozen=True):
    """[policy] The rules in force, whom to trust, and whom to ask.

    `file`: a document, `shipped:NAME`, or a folder of documents that follow one another in time.
    `issuers` maps the id of a health code's issuer in the trust lists to its gateway's address. It has TLS, but for one on
    this machine.
    """

    file: str
    trust: list[str] = []
    issuers: dict[str, Address] = {}
    issuer_timeout_s: Positive = 2.0


class SimulationSection(Section, frozen=True):
    """[simulation] Only for a kiosk whose devices are simulated: the socket of the world they live in.

    `clock` is `machine`, `never_set` for a Pi without a battery that has not reached a time server, or the moment at which
    it is to begin. `fsync` is
    `machine`, or `card` for one that takes as long as an SD card's, by the chance of `seed`.
    """

    world: str
    clock: SimulatedClock = "machine"
    fsync: Literal["machine", "card"] = "machine"
    seed: int = 1


class Config(Section, frozen=True):
    """A kiosk's whole configuration. `[gate]` and `[policy]` must be there."""

    gate: GateSection
    policy: PolicySection
    camera: CameraSection = CameraSection()
    thermometer: ThermometerSection = ThermometerSection()
    relay: RelaySection = RelaySection()
    screen: ScreenSection = ScreenSection()
    log: LogSection = LogSection()
    server: ServerSection = ServerSection()
    simulation: SimulationSection | None = None


SECTIONS: dict[str, type[Section]] = {
    "gate": GateSection,
    "policy": PolicySection,
    "camera": CameraSection,
    "thermometer": ThermometerSection,
    "relay": RelaySection,
    "screen": ScreenSection,
    "log": LogSection,
    "server": ServerSection,
    "simulation": SimulationSection,
}
RELAY_PINS = tuple(name for name in RelaySection.__struct_fields__ if name == "pin" or name.endswith("_pin"))
SOURCES = {
    "camera": r"device:\d+|picamera2|picture:.+|folder:.+|video:.+|simulated",
    "thermometer": r"i2c:\d+|simulated|none",
    "relay": r"lgpio|simulated",
}


def load(path: Path) -> Config:
    """Read and validate a configuration file. Raises UsageError: one sentence, what, where, what to do."""
    config = decode_toml(path, Config)
    check(config, path)
    return _in_folder(config, path.parent)


def check(config: Config, path: Path) -> None:
    """See whether what was read of `path` holds together. Raises UsageError: one sentence, what, where, what to do."""
    for section, form in SOURCES.items():
        source = getattr(config, section).source
        if not re.fullmatch(form, source):
            # Not quoted: the address of a camera may have a password in it.
            raise UsageError(f"{path}: [{section}] source is none of {form.replace(chr(92) + 'd+', 'N')}")
        if source == "simulated" and config.simulation is None:
            raise UsageError(f"{path}: [{section}] is simulated, so the section [simulation] must name its world")
    url = config.server.url
    if url is not None and url.startswith("http:") and not config.server.insecure and not leads_to_loopback(url):
        raise UsageError(f"{path}: [server] url is without TLS; write https://, or say insecure = true")
    if config.server.proxy is not None and url is not None and not url.startswith("https:"):
        raise UsageError(f"{path}: [server] has a proxy and a url without TLS; write https://, or remove the proxy")
    for issuer, address in config.policy.issuers.items():
        if not address.startswith("https:") and not leads_to_loopback(address):
            raise UsageError(f"{path}: [policy] issuers: the gateway of {issuer} is without TLS; write https://")
    pins = [(name, pin) for name in RELAY_PINS if (pin := getattr(config.relay, name)) is not None]
    for number, (name, pin) in enumerate(pins):
        if (other := next((first for first, used in pins[:number] if used == pin), None)) is not None:
            raise UsageError(f"{path}: [relay] {name} is GPIO {pin}, and so is {other}; give each a pin of its own")
    if (wrong := out_of_order(config.screen.volume)) is not None:
        raise UsageError(f"{path}: [screen] {wrong}")


def _in_folder(config: Config, folder: Path) -> Config:
    """Let the paths that no reader joins to the file's folder count from there too."""
    code, simulation = config.server.enrolment_code, config.simulation
    return replace(
        config,
        gate=replace(config.gate, run_dir=beside(folder, config.gate.run_dir)),
        camera=replace(config.camera, source=beside_after(folder, config.camera.source, "picture", "folder", "video")),
        log=replace(config.log, path=beside(folder, config.log.path)),
        server=replace(config.server, enrolment_code=None if code is None else beside_after(folder, code, "file")),
        simulation=None if simulation is None else replace(simulation, world=beside(folder, simulation.world)),
    )


def form_base(config: Config) -> str | None:
    """Return what the address of a visitor form begins with; None where there is no server to fill it in at."""
    if config.screen.form_url is not None:
        return config.screen.form_url.rstrip("/") + "/"
    return None if config.server.url is None else config.server.url.rstrip("/") + "/f/"
