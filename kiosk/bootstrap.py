"""THE composition root: configuration in, running parts out. Only the command line, the doctor and tests import it."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from datetime import time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import policy
from kiosk.clock import SystemClock
from kiosk.config import Config, form_base
from kiosk.credentials import TrustList, combine, read_trust
from kiosk.documents import decode_toml
from kiosk.edge import Edge
from kiosk.errors import DeviceLost, LogUnusable, UsageError
from kiosk.health import JointHealth, OnHealth
from kiosk.inbox import Inbox
from kiosk.link import PartHealth, connect_patiently
from kiosk.model import Part, Seconds
from kiosk.policy import PolicyDocument
from kiosk.ports import Clock, HealthIssuer, Log, Sealer, Thermometer
from kiosk.recorder import IssuerResolver, LogRecorder
from kiosk.runtime import Runtime
from kiosk.settlement import Settlement
from kiosk.site import Site
from kiosk.spent import SpentPasses
from kiosk.switchboard import Switchboard
from kiosk.thermometry import ThermometerJob
from kiosk.worker import BACK_OFF_FIRST, BACK_OFF_MOST, Worker

if TYPE_CHECKING:
    from drivers.camera import Camera
    from drivers.gate import GateLine
    from drivers.mlx90614 import Mlx90614
    from kiosk.metrics import Metrics
    from ui.notices import Notices
    from ui.settings import ScreenSettings
    from ui.theme import Theme
    from ui.voice import Voice


SOFTWARE = version("gatepost")
FLUSH_WITHIN = Seconds(10.0)


def core_socket(config: Config) -> Path:
    """Where the core listens for its parts."""
    return Path(config.gate.run_dir) / "core.sock"


def load_policy(source: str, base: Path) -> PolicyDocument:
    """Read the policy document that `[policy] file` names. Raises UsageError."""
    if source.startswith("shipped:"):
        path = Path(str(files("kiosk") / "policies" / f"{source.removeprefix('shipped:')}.toml"))
        if not path.exists():
            raise UsageError(f"[policy] file = {source!r}: no such document is shipped; there are {_shipped()}")
    else:
        path = base / source
    return policy.parse(decode_toml(path, dict[str, Any]), str(path))


def load_trust(sources: list[str], base: Path, compound: str) -> TrustList:
    """Read the trust lists, as this compound's gate must see them. Raises UsageError."""
    lists = []
    for source in sources:
        path = base / source
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: the trust list cannot be read: {error.strerror}") from error
        lists.append(read_trust(data, str(path)))
    return combine(*lists).for_compound(compound) if lists else TrustList()


def load_sealer(config: Config, base: Path) -> Sealer | None:
    """Read the compound's month keys, if there are any. Raises UsageError."""
    if config.log.month_keys is None:
        return None
    from sync.sealing import MonthSealer, read_month_keys

    return MonthSealer(read_month_keys(base / config.log.month_keys, config.gate.compound))


class Core:
    """The running core: `run` until `stop`, then `close`."""

    def __init__(self, runtime: Runtime, stack: ExitStack, start: Callable[[], None]) -> None:
        self.runtime = runtime
        self._stack = stack
        self._start = start

    def run(self, stop: threading.Event) -> None:
        """Start every thread and turn the loop in this one."""
        self._start()
        self.runtime.run(stop.is_set)

    def close(self) -> None:
        """Tear everything down in reverse order. Idempotent."""
        self._stack.close()


def build_core(
    config: Config,
    base: Path,
    *,
    clock: Clock | None = None,
    thermometer: Callable[[], Thermometer] | None = None,
    log: Log | None = None,
    issuers: Mapping[str, HealthIssuer] | None = None,
    on_part: Callable[[Part], None] | None = None,
) -> Core:
    """Build the core. Raises UsageError before anything is started; `base` is the configuration's folder."""
    clock = clock or clock_of(config)
    document = load_policy(config.policy.file, base)
    trust = load_trust(config.policy.trust, base, config.gate.compound)
    unknown = config.policy.issuers.keys() - {issuer.id for issuer in trust.token_issuers}
    if unknown:
        raise UsageError(
            f"[policy] issuers: no trust list names {', '.join(sorted(unknown))}; correct the id or add its trust list"
        )
    sealer = load_sealer(config, base)
    with ExitStack() as stack:
        metrics = _metrics(config, document)
        inbox = Inbox() if metrics is None else metrics.inbox()
        board = Switchboard(
            core_socket(config),
            inbox=inbox,
            clock=clock,
            passage_s=Seconds(config.gate.passage_s),
            greeted=on_part,
        )
        stack.callback(board.close)
        wake = threading.Event()

        def health(part: Part) -> OnHealth:
            return lambda well, detail: inbox.post(PartHealth(part, well, detail, clock.monotonic()))

        log_health = JointHealth(health(Part.LOG))
        if log is None:
            log = _open_log(config, clock, stack, wake, health(Part.SERVER), log_health.voice("disk"))
        if metrics is not None:
            log = metrics.log(log, clock)
        if issuers is None:
            issuers = _issuers(config, trust, stack)
        site = Site(
            gate=config.gate.device,
            software=SOFTWARE,
            simulated=config.simulation is not None,
            pulse_s=Seconds(config.gate.pulse_s),
            document=document,
            trust=trust,
            form_base=form_base(config),
            guard_answers_s=Seconds(config.screen.guard_answers_s),
            guard_phone=config.screen.guard_phone,
            sealer=sealer,
        )

        spent = SpentPasses(gives_back=config.relay.passage_pin is not None)
        recorder = LogRecorder(log, inbox, clock, wake.set, Settlement(log, site, clock, spent))
        resolver = IssuerResolver(issuers, inbox, Seconds(config.policy.issuer_timeout_s), health(Part.ISSUER))
        runtime = Runtime(
            site,
            inbox=inbox,
            clock=clock,
            gate=board,
            recorder=recorder if metrics is None else metrics.recorder(recorder),
            resolver=resolver,
            attend=board.attend,
            show=board.show,
            spent=spent,
        )
        workers = [
            Worker("recorder", recorder, log_health.voice("recorder")),
            Worker("issuers", resolver),
        ]
        if thermometer is None and config.thermometer.source != "none":
            thermometer = thermometer_factory(config, clock)
        if thermometer is not None:
            workers.append(Worker("thermometer", ThermometerJob(thermometer, inbox), health(Part.THERMOMETER)))
        stack.callback(recorder.drain)
        for worker in workers:
            stack.callback(worker.close)

        if metrics is not None:
            stack.callback(metrics.close)

        def start() -> None:
            board.start()
            for worker in workers:
                worker.start()
            if metrics is not None and config.gate.metrics_port is not None:
                metrics.serve(config.gate.metrics_port)

        return Core(runtime, stack.pop_all(), start)


def _metrics(config: Config, document: PolicyDocument) -> "Metrics | None":
    if config.gate.metrics_port is None:
        return None
    # Only here: a core without figures shall not carry their library.
    from kiosk.metrics import Metrics

    return Metrics(software=SOFTWARE, document=document, simulated=config.simulation is not None)


def clock_of(config: Config) -> Clock:
    """Return the clock that this kiosk goes by."""
    if config.simulation is not None and config.simulation.clock == "never_set":
        from drivers.simulated.clock import UnsetClock

        return UnsetClock(SystemClock())
    return SystemClock()


def thermometer_factory(config: Config, clock: Clock) -> Callable[[], Thermometer]:
    """Return what opens the configured thermometer: at the start, and again whenever it was lost."""
    from drivers.thermometer import InfraredThermometer

    section = config.thermometer
    open_sensor = sensor_factory(config)
    return lambda: InfraredThermometer(
        open_sensor(),
        clock,
        presence_c=section.presence_c,
        offset_c=section.offset_c,
        calibration=section.calibration,
    )


def sensor_factory(config: Config) -> "Callable[[], Mlx90614]":
    """Return what opens the configured thermometer's chip, below presence and filtering."""
    from drivers.mlx90614 import Bus, Mlx90614, open_bus

    section = config.thermometer

    def bus() -> Bus:
        if section.source == "simulated" and config.simulation is not None:
            from drivers.simulated.bus import SimulatedBus

            return SimulatedBus(Path(config.simulation.world))
        return open_bus(int(section.source.removeprefix("i2c:")))

    return lambda: Mlx90614(bus(), section.address)


def run_gate(config: Config, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the gate process until `stop`: the relay line, inactive at the start and whenever the core is gone.

    A line that cannot be had is no end: without it the core shows a gate fault, and it is tried again.
    """
    from drivers.gate_loop import run_gate as serve

    clock = SystemClock()
    back_off = BACK_OFF_FIRST
    edge = Edge("gate line")
    ready()
    while not stop.is_set():
        try:
            with ExitStack() as stack:
                line = _gate_line(config, clock, stack)
                edge.find(clock.monotonic())
                back_off = BACK_OFF_FIRST
                serve(lambda: connect_patiently(core_socket(config), stop.wait), line, clock, stop, version=SOFTWARE)
        except DeviceLost as error:
            edge.lose(clock.monotonic(), detail=str(error))
            stop.wait(back_off)
            back_off = Seconds(min(back_off * 2, BACK_OFF_MOST))


def _gate_line(config: Config, clock: Clock, stack: ExitStack) -> "GateLine":
    """Take the relay and the passage sensor; `stack` lets go of them. Raises DeviceLost."""
    from drivers.gate import GateLine

    line = GateLine(
        clock,
        pin=config.relay.pin,
        active_high=config.relay.active_high,
        passage_pin=config.relay.passage_pin,
        pin_factory=open_pins(config, stack),
    )
    stack.callback(line.close)
    return line


def open_pins(config: Config, stack: ExitStack) -> Any:
    """Return a gpiozero factory for the configured pins, which `stack` closes. Raises DeviceLost."""
    if config.relay.source == "simulated" and config.simulation is not None:
        from drivers.simulated.pins import WorldPinFactory

        pins = WorldPinFactory(Path(config.simulation.world))
    else:
        from drivers.gate import real_pin_factory

        pins = real_pin_factory()
    stack.callback(pins.close)
    return pins


def run_eyes(config: Config, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the eyes process until `stop`: camera and decoders, and the screen's mirror."""
    from drivers.eyes import run_eyes as look
    from drivers.mirror import Mirror
    from kiosk.preview import PreviewPublisher

    clock = SystemClock()
    ready()
    look(
        core_socket(config),
        camera_factory(config, clock),
        clock,
        stop,
        mirror=Mirror(PreviewPublisher(Path(config.gate.run_dir))),
        idle_fps=config.camera.idle_fps,
        version=SOFTWARE,
    )


def camera_factory(config: Config, clock: Clock) -> "Callable[[], Camera]":
    """Return what opens the configured camera: at the start, and again whenever it was lost."""
    from drivers.camera import open_camera

    section = config.camera
    simulation = config.simulation

    def simulated() -> Any:
        from drivers.simulated.capture import SimulatedCapture
        from drivers.simulated.protocol import shm_name

        if simulation is None:
            raise UsageError("[camera] is simulated, so the section [simulation] must name its world")
        return SimulatedCapture(shm_name(Path(simulation.world)), clock)

    return lambda: open_camera(
        section.source,
        width=section.width,
        height=section.height,
        fps=section.fps,
        clock=clock,
        simulated=simulated,
    )


def run_screen(config: Config, base: Path, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the screen process until `stop`. Raises UsageError before anything is shown, DeviceLost when its window breaks."""
    from ui.process import run_screen as show

    show(
        screen_settings(config, base),
        load_theme(config, base),
        load_notices(config, base),
        build_voice(config, base),
        Path(config.gate.run_dir),
        core_socket(config),
        SystemClock(),
        stop,
        ready,
    )


def screen_settings(config: Config, base: Path) -> "ScreenSettings":
    """Return what the screen process needs to know of its site and panel; `base` is the configuration's folder."""
    from ui.session import Manner
    from ui.settings import ScreenSettings

    section = config.screen
    width, _, height = (section.window or "").partition("x")
    return ScreenSettings(
        Manner(section.language, section.large_type, section.high_contrast, section.dim_after_s),
        section.diagonal_in,
        cache=base / section.cache,
        window=(int(width), int(height)) if height else None,
        font=None if section.font is None else base / section.font,
        preview_fps=section.preview_fps,
        staff_pin=section.staff_pin,
        statistics=None if section.statistics is None else base / section.statistics,
        device=config.gate.device,
        version=SOFTWARE,
    )


def load_theme(config: Config, base: Path) -> "Theme":
    """Read how the screen looks: the site's own theme, or the one that ships. Raises UsageError."""
    from ui import theme

    return theme.load(None if config.screen.theme is None else base / config.screen.theme)


def build_voice(config: Config, base: Path) -> "Voice":
    """Return the screen's voice, not started yet. Raises UsageError when the recordings are not where they should be."""
    from ui.sound import Sounds
    from ui.voice import Voice

    recordings = None if config.screen.recordings is None else base / config.screen.recordings
    if recordings is not None and not recordings.is_dir():
        raise UsageError(f"{recordings}: there is no such folder; correct [screen] recordings")
    schedule = [(time.fromisoformat(begins), percent) for begins, percent in config.screen.volume]
    return Voice(Sounds(recordings), schedule)


def load_notices(config: Config, base: Path) -> "Notices":
    """Return what the screen shows while nobody is here: the site's own, or what suits its rules. Raises UsageError."""
    from ui import notices

    if config.screen.notices is not None:
        return notices.read(base / config.screen.notices)
    return notices.shipped(load_policy(config.policy.file, base))


def _open_log(
    config: Config, clock: Clock, stack: ExitStack, wake: threading.Event, on_server: OnHealth, on_disk: OnHealth
) -> Log:
    """Open the durable log and, where there is a server, what sends it there and stands by when the disk fails."""
    from sync.exchange import Exchange
    from sync.log import SqliteLog
    from sync.resilient import ResilientLog
    from sync.sender import Sender
    from sync.standby import PATIENCE_S, Standby

    gate, url = config.gate, config.server.url
    disk = SqliteLog(
        Path(config.log.path),
        compound=gate.compound,
        device=gate.device,
        clock=clock,
        fsync=_fsync(config, clock, stack),
    )
    if url is None:
        stack.callback(disk.close)
        if disk.fault is not None:
            on_disk(False, disk.fault)
        return disk

    def exchange(timeout_s: float) -> Exchange:
        return Exchange(url, gate.device, timeout_s=timeout_s, simulated=config.simulation is not None)

    timeout_s = config.server.timeout_s
    standby = Standby(exchange(min(PATIENCE_S, timeout_s)), compound=gate.compound, device=gate.device, clock=clock)
    log = ResilientLog(disk, standby, on_health=on_disk)
    stack.callback(log.close)
    sender = Sender(disk, exchange(timeout_s), batch=config.server.batch, on_health=on_server)
    stack.callback(sender.close)
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop, wake), name="sender", daemon=True)
    thread.start()

    def finish() -> None:
        stop.set()
        wake.set()
        thread.join(timeout_s + 1)
        log.mend()
        with suppress(LogUnusable):
            sender.flush(FLUSH_WITHIN)

    stack.callback(finish)
    return log


def _fsync(config: Config, clock: Clock, stack: ExitStack) -> Callable[[], AbstractContextManager[None]]:
    """Return what surrounds each durable commit: nothing, or a simulated card's time."""
    if config.simulation is None or config.simulation.fsync == "machine":
        return nullcontext
    from drivers.simulated.storage import SdCard, notes_beside

    card = SdCard(clock, config.simulation.seed, notes_beside(Path(config.log.path)))
    stack.callback(card.close)
    return card.fsync


def _issuers(config: Config, trust: TrustList, stack: ExitStack) -> Mapping[str, HealthIssuer]:
    from sync.issuer import HttpHealthIssuer

    built: dict[str, HealthIssuer] = {}
    for issuer in trust.token_issuers:
        if (url := config.policy.issuers.get(issuer.id)) is not None:
            gateway = HttpHealthIssuer(url, issuer.statuses)
            stack.callback(gateway.close)
            built[issuer.id] = gateway
    return built


def _shipped() -> str:
    names = sorted(entry.name.removesuffix(".toml") for entry in (files("kiosk") / "policies").iterdir())
    return ", ".join(names)
