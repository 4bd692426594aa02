"""The gate line and the passage sensor: whether their pins can be had, and what they read. Nothing is ever driven.

The relay's pin is taken as an input with its pull toward inactive: should the doctor die, or the pull-down at the
driver be missing, the line still does not become active on its account.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kiosk.doctor.findings import Finding, PartName, absent, finding, fit, unfit, unknown
from kiosk.errors import DeviceLost

LGPIO_PIPES = ".lgd-nfy*"
CHIPS = "gpiochip*"
DEVICES = Path("/dev")


def has_pins(devices: Path = DEVICES) -> bool:
    """Whether this machine has pins at all, told without touching one: a running kiosk may have them."""
    return any(devices.glob(CHIPS))


def without_pins(passage_pin: int | None, reason: object = "there is no /dev/gpiochip*") -> Iterator[Finding]:
    """What is to be said of a machine that has none, or whose pins cannot be used."""
    yield finding(PartName.GATE_LINE, [absent("gate_line.absent", reason=reason)])
    yield _no_passage_sensor(passage_pin)


def examine(
    open_pins: Callable[[ExitStack], Any], *, pin: int, active_high: bool, passage_pin: int | None
) -> Iterator[Finding]:
    """Read both pins through a gpiozero factory."""
    with ExitStack() as stack:
        stack.enter_context(_no_pipes_left())
        try:
            pins = open_pins(stack)
        except DeviceLost as error:
            yield from without_pins(passage_pin, error)
            return
        yield _relay(pins, pin, active_high)
        yield _no_passage_sensor(None) if passage_pin is None else _passage_sensor(pins, passage_pin)


@contextmanager
def _no_pipes_left() -> Iterator[None]:
    """Take away the named pipe that lgpio makes in the working directory, on any machine, when it is imported."""
    before = set(Path.cwd().glob(LGPIO_PIPES))
    try:
        yield
    finally:
        for pipe in set(Path.cwd().glob(LGPIO_PIPES)) - before:
            pipe.unlink(missing_ok=True)


def _relay(pins: Any, pin: int, active_high: bool) -> Finding:
    measured: dict[str, Any] = {"pin": pin, "active_high": active_high}
    try:
        active = _reads(pins, pin, pull_up=not active_high)
    except Exception as error:  # noqa: BLE001 - every pin library raises kinds of its own
        return finding(PartName.GATE_LINE, [unfit("gate_line.taken", pin=pin, reason=_reason(error))], measured)
    remark = unfit("gate_line.active", pin=pin) if active else fit("gate_line.well", pin=pin)
    return finding(PartName.GATE_LINE, [remark], measured | {"active": active})


def _passage_sensor(pins: Any, pin: int) -> Finding:
    try:
        covered = _reads(pins, pin, pull_up=False)
    except Exception as error:  # noqa: BLE001 - as above
        return finding(PartName.PASSAGE_SENSOR, [unfit("gate_line.taken", pin=pin, reason=_reason(error))], {"pin": pin})
    # Perhaps somebody is there indeed.
    remark = unknown("passage_sensor.covered", pin=pin) if covered else fit("passage_sensor.well", pin=pin)
    return finding(PartName.PASSAGE_SENSOR, [remark], {"pin": pin, "covered": covered})


def _no_passage_sensor(pin: int | None) -> Finding:
    if pin is None:
        return finding(PartName.PASSAGE_SENSOR, [absent("passage_sensor.not_wanted")], wanted=False)
    return finding(PartName.PASSAGE_SENSOR, [absent("passage_sensor.unseen")], {"pin": pin})


def _reads(pins: Any, pin: int, *, pull_up: bool) -> bool:
    """Whether a pin is at its active level: low with a pull-up, high with a pull-down."""
    from gpiozero import InputDevice

    with InputDevice(pin, pull_up=pull_up, pin_factory=pins) as device:
        return bool(device.is_active)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
