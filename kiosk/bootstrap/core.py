"""The core: the loop, the recorder, the thermometer, the log and its sender, joined."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.attention import Attention
from kiosk.bootstrap.documents import load_policies, load_sealer, load_trust
from kiosk.bootstrap.downward import ComesDown, Parts
from kiosk.bootstrap.forms import form_links
from kiosk.bootstrap.issuers import Gateways
from kiosk.bootstrap.log import open_log
from kiosk.bootstrap.place import in_place
from kiosk.bootstrap.process import SOFTWARE, clock_of, core_socket
from kiosk.bootstrap.thermometer import thermometer_factory
from kiosk.config import Config, form_base
from kiosk.direction import Direction
from kiosk.errors import UsageError
from kiosk.health import JointHealth, OnHealth
from kiosk.in_force import InForce, Renewed
from kiosk.inbox import Downward, Inbox
from kiosk.link import PartHealth
from kiosk.local_time import time_told
from kiosk.model import Need, Part
from kiosk.policy import PolicyDocument, chosen
from kiosk.ports import Clock, HealthIssuer, Log, Thermometer
from kiosk.recorder import IssuerResolver, LogRecorder
from kiosk.runtime import Runtime
from kiosk.settlement import Settlement
from kiosk.site import Site
from kiosk.spent import SpentPasses
from kiosk.switchboard import Switchboard
from kiosk.thermometry import ThermometerJob
from kiosk.units import Seconds
from kiosk.worker import Worker

if TYPE_CHECKING:
    from kiosk.metrics import Metrics
    from sync.gate_mode_file import ModeFile


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
    config, gate = in_place(config)
    documents = load_policies(config.policy.file, base)
    document = chosen(documents, time_told(clock.wall(), clock.state()))
    trust = load_trust(config.policy.trust, base, config.gate.compound, config.server.document_key)
    unknown = config.policy.issuers.keys() - {issuer.id for issuer in trust.token_issuers}
    if unknown:
        raise UsageError(
            f"[policy] issuers: no trust list names {', '.join(sorted(unknown))}; correct the id or add its trust list"
        )
    with ExitStack() as stack:
        metrics = _metrics(config, document)
        inbox = Inbox() if metrics is None else metrics.inbox()
        board = Switchboard(
            core_socket(config),
            inbox=inbox,
            clock=clock,
            passage_s=Seconds(config.gate.passage_s),
            direction=config.relay.direction,
            greeted=on_part,
        )
        stack.callback(board.close)
        wake = threading.Event()

        def health(part: Part) -> OnHealth:
            return lambda well, detail: inbox.post(PartHealth(part, well, detail, clock.monotonic()))

        log_health = JointHealth(health(Part.LOG))
        gateways = Gateways(config.policy.issuers, clock.monotonic)
        stack.callback(gateways.close)
        resolver = IssuerResolver(issuers or {}, inbox, Seconds(config.policy.issuer_timeout_s), health(Part.ISSUER))

        def tell(item: Downward) -> None:
            if isinstance(item, Renewed) and issuers is None:
                resolver.use(gateways.of(item.in_force.trust))
            inbox.post(item)

        def configured() -> InForce:
            timetable = documents if len(documents) > 1 else ()
            return InForce(document, trust, sealer=load_sealer(config, base), timetable=timetable)

        comes_down = ComesDown(config, gate, clock, configured, tell)
        in_force = comes_down.in_force()
        if log is None:
            log = open_log(config, clock, stack, wake, health(Part.SERVER), log_health.voice("disk"), comes_down.enrolled)
        if metrics is not None:
            log = metrics.log(log, clock)
        if issuers is None:
            resolver.use(gateways.of(in_force.trust))
        site = Site(
            gate=gate,
            software=SOFTWARE,
            simulated=config.simulation is not None,
            pulse_s=Seconds(config.gate.pulse_s),
            document=document,
            trust=trust,
            direction=Direction(config.relay.direction),
            form_base=form_base(config),
            form_links=form_links(config, clock),
            guard_answers_s=Seconds(config.screen.guard_answers_s),
            guard_phone=config.screen.guard_phone,
        ).going_by(in_force)

        attention = Attention()
        spent = SpentPasses(gives_back=config.relay.passage_pin is not None)
        modes = _mode_file(config)
        settlement = Settlement(log, site, clock, spent)
        recorder = LogRecorder(log, inbox, clock, wake.set, settlement, modes.keep)
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
            attention=attention,
            expected=frozenset({Part.EYES, Part.SCREEN} if config.screen.fitted else {Part.EYES}),
            kept=modes.load(),
        )
        workers = [
            Worker("recorder", recorder, log_health.voice("recorder")),
            Worker("issuers", resolver),
        ]
        if thermometer is None and config.thermometer.source != "none":
            thermometer = thermometer_factory(config, base, clock, attention.someone)
        if thermometer is not None:
            workers.append(Worker("thermometer", ThermometerJob(thermometer, inbox), health(Part.THERMOMETER)))
        elif any(Need.TEMPERATURE in one.asks for one in (site.document, *site.timetable)):
            # Said at once, and for ever: whoever has to be measured is held for the guard.
            inbox.post(PartHealth(Part.THERMOMETER, False, "[thermometer] source is none", clock.monotonic()))
        stack.callback(recorder.drain)
        for worker in workers:
            stack.callback(worker.close)
        stack.callback(comes_down.close)
        if metrics is not None:
            stack.callback(metrics.close)

        def begun(parts: Parts) -> None:
            if metrics is not None:
                metrics.downward(parts.keeper, parts.orders, clock, in_force)

        def start() -> None:
            board.start()
            for worker in workers:
                worker.start()
            gateways.start()
            comes_down.start(begun)
            if metrics is not None and config.gate.metrics_port is not None:
                metrics.serve(config.gate.metrics_port)

        return Core(runtime, stack.pop_all(), start)


def _mode_file(config: Config) -> "ModeFile":
    from sync.gate_mode_file import ModeFile

    return ModeFile(Path(config.log.path).with_name("gate-mode.json"))


def _metrics(config: Config, document: PolicyDocument) -> "Metrics | None":
    if config.gate.metrics_port is None:
        return None
    # Only here: a core without figures shall not carry their library.
    from kiosk.metrics import Metrics

    return Metrics(software=SOFTWARE, document=document, simulated=config.simulation is not None)
