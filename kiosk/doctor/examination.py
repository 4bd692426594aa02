"""The examination of one kiosk: which checks its configuration asks for, done side by side."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.bootstrap.came_down import came_down
from kiosk.bootstrap.documents import load_policies, load_trust
from kiosk.bootstrap.eyes import camera_factory
from kiosk.bootstrap.gate import open_pins
from kiosk.bootstrap.process import SOFTWARE, clock_of, core_socket
from kiosk.bootstrap.thermometer import sensor_factory
from kiosk.config import Config
from kiosk.direction import Direction
from kiosk.doctor import clock as clocks
from kiosk.doctor import gate_line, rules, running, system
from kiosk.doctor import log as logs
from kiosk.doctor.checks import Check, bounded, side_by_side
from kiosk.doctor.findings import Finding, PartName
from kiosk.doctor.running import Running
from kiosk.local_time import time_told
from kiosk.model import Need, Part
from kiosk.policy import chosen
from kiosk.ports import Clock
from kiosk.units import Seconds
from sync.enrolment_wire import Place
from sync.identity import PapersUnusable, papers_beside

READ_WITHIN = Seconds(2.0)
"""For what the checks need before they begin: the rules, and what a running kiosk says of its parts."""


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order in which they are shown. `simulated`: there is no real device below this kiosk."""

    findings: tuple[Finding, ...]
    simulated: bool
    took_s: float

    @property
    def fit(self) -> bool:
        """Whether the kiosk can do its work: every part that it needs is there and well."""
        return all(found.in_order for found in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as `gatepost doctor --json` prints it."""
        return {"fit": self.fit, "parts": [found.to_json() for found in self.findings]}


def examine(config: Config, file: Path) -> Report:
    """Examine the kiosk of this configuration, which was read from `file`. Changes nothing and disturbs nobody."""
    began = time.monotonic()
    met = running.ask(core_socket(config))
    log = Path(config.log.path)
    gate = logs.Gate(config.gate.compound, _device_of(config), config.log.capacity)
    met = bounded("doctor notes", lambda: running.note_losses(met, log), READ_WITHIN) or met
    clock = clock_of(config)
    documents = bounded("doctor rules", lambda: _documents(config, file.parent, clock), READ_WITHIN) or rules.UNREAD
    checks = [
        *_of_the_machine(clock, met, file, screen=config.screen.fitted and config.simulation is None),
        *_of_the_devices(config, clock, met, _needs(config, documents)),
        Check((PartName.SCREEN,), lambda: _screen(config, file.parent, met)),
        Check((PartName.VOICE,), lambda: _voice(config, file.parent)),
        Check((PartName.LOG,), lambda: logs.examine(log, gate, met)),
        Check((PartName.POLICY, PartName.TRUST), lambda: rules.examine(documents, config.gate.compound, clock)),
        *_of_the_network(config, documents, clock),
    ]
    findings = tuple(_marked(config, found) for found in side_by_side(checks))
    return Report(findings, config.simulation is not None, time.monotonic() - began)


def _documents(config: Config, base: Path, clock: Clock) -> rules.Rules:
    section = config.policy
    return rules.read(
        lambda: chosen(load_policies(section.file, base), time_told(clock.wall(), clock.state())),
        lambda: load_trust(section.trust, base, config.gate.compound, config.server.document_key),
        lambda: came_down(config, clock),
    )


def _of_the_machine(clock: Clock, met: Running, file: Path, *, screen: bool) -> Iterator[Check]:
    # What costs time to import is imported on the check's own thread, here and below.
    def kiosk() -> Iterator[Finding]:
        from kiosk.doctor import processes

        yield from processes.examine(met, lambda: processes.of_configuration(file), screen=screen)

    yield Check((PartName.BOARD,), lambda: system.board(SOFTWARE))
    yield Check((PartName.POWER,), system.power)
    yield Check((PartName.PROCESSOR,), system.processor)
    yield Check((PartName.MEMORY,), lambda: system.memory(met))
    yield Check((PartName.DISK,), system.disk)
    yield Check((PartName.CLOCK,), lambda: clocks.examine(clock))
    yield Check((PartName.KIOSK,), kiosk)


def _of_the_devices(config: Config, clock: Clock, met: Running, needs: frozenset[Need]) -> Iterator[Check]:
    def thermometer() -> Iterator[Finding]:
        from kiosk.doctor import thermometer

        if config.thermometer.source == "none":
            return thermometer.not_configured(wanted=Need.TEMPERATURE in needs)
        return thermometer.examine(sensor_factory(config), clock, time.sleep)

    def camera() -> Iterator[Finding]:
        from kiosk.doctor import camera

        section = config.camera
        return camera.examine(camera_factory(config, clock), clock, width=section.width, fps=section.fps)

    def gate() -> Iterator[Finding]:
        section = config.relay
        if section.source == "lgpio" and not gate_line.has_pins():
            return gate_line.without_pins(section.passage_pin)
        return gate_line.examine(
            lambda stack: open_pins(config, stack),
            pin=section.pin,
            active_high=section.active_high,
            passage_pin=section.passage_pin,
        )

    none = config.thermometer.source == "none"
    yield _device(thermometer, met if not none else Running(), {PartName.THERMOMETER: (Part.THERMOMETER,)})
    yield _device(camera, met, {PartName.CAMERA: (Part.EYES, Part.CAMERA)})
    # Where there are no pins that is the reason, whatever a running kiosk says of them.
    pins = met if config.relay.source != "lgpio" or gate_line.has_pins() else Running()
    yield _device(gate, pins, {PartName.GATE_LINE: (Part.GATE,), PartName.PASSAGE_SENSOR: (Part.GATE,)})


def _device(examine: Callable[[], Iterator[Finding]], met: Running, parts: dict[PartName, tuple[Part, ...]]) -> Check:
    """A check of devices, which leaves them alone while a kiosk has them."""
    if met.has_devices:
        return Check(tuple(parts), lambda: [running.in_use(name, met, *of) for name, of in parts.items()])
    return Check(tuple(parts), examine)


def _screen(config: Config, base: Path, met: Running) -> Iterator[Finding]:
    from kiosk.doctor import screen

    section = config.screen
    if not section.fitted:
        return screen.not_configured()
    font = None if section.font is None else base / section.font
    return screen.examine(met, os.environ, font, wanted=config.simulation is None)


def _voice(config: Config, base: Path) -> Iterator[Finding]:
    from kiosk.doctor import voice

    section = config.screen
    recordings = None if section.recordings is None else base / section.recordings
    silent = all(percent == 0 for _, percent in section.volume)
    return voice.examine(recordings, silent=silent, wanted=config.simulation is None)


def _of_the_network(config: Config, documents: rules.Rules, clock: Clock) -> Iterator[Check]:
    papers, section = papers_beside(Path(config.log.path)), config.server

    def identity() -> Iterator[Finding]:
        from kiosk.doctor import standing

        code = section.enrolment_code is not None
        return standing.identity(papers, config.gate.compound, server=section.url is not None, code=code)

    def server() -> Iterator[Finding]:
        from kiosk.doctor import network

        return network.server(section.url, papers=papers, clock=clock, proxy=section.proxy)

    def issuers() -> Iterator[Finding]:
        from kiosk.doctor import network

        trust = documents.trust
        listed = frozenset(issuer.id for issuer in trust.token_issuers) if trust is not None else None
        return network.issuers(config.policy.issuers, listed, wanted=Need.HEALTH_CODE in documents.needs)

    yield Check((PartName.IDENTITY,), identity)
    yield Check((PartName.SERVER,), server)
    yield Check((PartName.ISSUER,), issuers)


def _place_of(config: Config) -> Place | None:
    """Where the kiosk is enrolled, if it is and its papers can be read."""
    with suppress(PapersUnusable):
        return papers_beside(Path(config.log.path)).place()
    return None


def _device_of(config: Config) -> str:
    """The name under which the kiosk records."""
    place = _place_of(config)
    return config.gate.device if place is None else place.device


def _needs(config: Config, documents: rules.Rules) -> frozenset[Need]:
    """What is asked of whoever comes: nothing at an exit."""
    place = _place_of(config)
    direction = config.relay.direction if place is None else place.direction
    return frozenset() if direction == Direction.OUT else documents.needs


def _marked(config: Config, found: Finding) -> Finding:
    """Mark what was found of a simulated device as that."""
    source = {
        PartName.THERMOMETER: config.thermometer.source,
        PartName.CAMERA: config.camera.source,
        PartName.GATE_LINE: config.relay.source,
        PartName.PASSAGE_SENSOR: config.relay.source,
    }.get(found.part)
    return found.as_simulated() if source == "simulated" else found
