"""The gate in the guest: install it as a technician would, and let people come to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.hil.machine import GuestSilent, Machine, until
from tests.hil.site import AIR_C, NOBODY, PASSAGE, WALL_C, forehead, raw

SENSOR = "/sys/kernel/debug/gatepost_hil_sensor"
PINS = "/sys/kernel/debug/gatepost_hil_pins"
PARTS = ("gate", "core", "eyes")
SCREEN_MASK = "/etc/systemd/system/gatepost-screen.service"
READY_WITHIN_S = 420.0
ANSWERED_WITHIN_S = 120.0
GONE_S = "3.5"
Fields = Mapping[str, Any]


class Gate:
    """What stands at the gate, and what the kiosk has recorded. Times are generous: the emulated processor is slow."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._row = 0

    def install(self) -> None:
        """`make install` on a system that is there: files, accounts, devices, units; then the configuration."""
        run = self.machine.run
        install = "/mnt/product/tree/deploy/install.sh"
        run(install, "kiosk", "files")
        run("cp", "/mnt/hil/kiosk.toml", "/mnt/hil/trust.json", "/etc/gatepost/")
        # The one processor would draw as well: the screen's unit is tried by itself (test_screen.py).
        run("ln", "-sf", "/dev/null", SCREEN_MASK)
        # Its fonts were cut down where the guest was made; systemd gives the folder to the screen's account.
        run("cp", "-r", "/mnt/product/fonts", "/var/cache/gatepost")
        self.stand()
        run(install, "kiosk", "start", within_s=READY_WITHIN_S)
        run("sync")

    def stand(self) -> None:
        """Let the gate be as it is at rest: camera on, an empty wall, contacts that are closed at rest."""
        self.machine.write("/run/hil/picture", NOBODY)
        self.machine.run("systemctl", "start", "hil-camera")
        self.sensor("ambient", raw(AIR_C))
        self.sensor("object", raw(WALL_C))
        for pin in (20, 21):
            self.drive(pin, "0")

    def wait_ready(self) -> None:
        """Wait until every part has said that it is ready."""
        until(lambda: all(self.state(part) == "active" for part in PARTS), READY_WITHIN_S, "the kiosk's units are ready")

    def state(self, part: str) -> str:
        """What systemd says of a part's unit."""
        return self.machine.run("systemctl", "is-active", f"gatepost-{part}", may_fail=True).strip()

    def property(self, part: str, name: str) -> str:
        """One property of a part's unit."""
        return self.machine.run("systemctl", "show", "--value", "-p", name, f"gatepost-{part}").strip()

    def journal(self, part: str) -> str:
        """What a part has written."""
        return self.machine.run("journalctl", "-o", "cat", "--no-pager", "-u", f"gatepost-{part}")

    def save_journal(self, into: Path) -> None:
        """Keep what the kiosk's units have written lately."""
        words = ("journalctl", "--no-pager", "-o", "short-monotonic", "-n", "500", "-u", "gatepost-*")
        into.write_text(self.machine.run(*words, may_fail=True), "utf-8")

    def exposure(self, part: str) -> str:
        """How far a unit is open, of 10, as `systemd-analyze security` finds."""
        said = self.machine.run("systemd-analyze", "security", "--no-pager", f"gatepost-{part}")
        return said.rstrip().rsplit(": ", 1)[-1].split()[0]

    def levels(self) -> list[str]:
        """Every line as the kernel has it: `PIN in|out LEVEL`."""
        return str(self.machine.ask("read", path=f"{PINS}/levels")).splitlines()

    def sensor(self, name: str, value: str) -> None:
        """Set what the thermometer measures, or its fault."""
        self.machine.write(f"{SENSOR}/{name}", value)

    def drive(self, pin: int, level: str) -> None:
        """Let whatever is wired to an input drive it: 0, 1, or z."""
        self.machine.write(f"{PINS}/drive", f"{pin} {level}")

    def look_from_here(self) -> None:
        """Let `event` find only what is recorded from now on."""
        self._row = max([self._row, *(row for row, _ in self.machine.events(self._row))])

    def comes(self, picture: str, core_c: float | None = 36.6) -> None:
        """Somebody steps up, with a pass in hand; without a temperature they stay out of the thermometer's field."""
        self.look_from_here()
        self.machine.write("/run/hil/picture", picture)
        if core_c is not None:
            self.sensor("object", raw(forehead(core_c)))

    def goes(self) -> None:
        """They walk off, and are out of sight for long enough to be forgotten (kiosk.presence)."""
        self.machine.write("/run/hil/picture", NOBODY)
        self.sensor("object", raw(WALL_C))
        self.machine.run("sleep", GONE_S)

    def walks_through(self) -> None:
        """They go through, past the passage sensor."""
        self.drive(PASSAGE, "1")
        self.machine.run("sleep", "0.3")
        self.drive(PASSAGE, "0")

    def event(self, kind: str, within_s: float = ANSWERED_WITHIN_S, **having: object) -> Fields:
        """Wait for an event since they came. Raises GuestSilent, saying what there was instead."""
        seen: list[Fields] = []

        def found() -> Fields | None:
            seen[:] = [fields for _, fields in self.machine.events(self._row)]
            matching = (one for one in seen if one["kind"] == kind)
            return next((one for one in matching if all(one.get(name) == value for name, value in having.items())), None)

        try:
            return until(found, within_s, f"{kind} {having or ''}")
        except GuestSilent as error:
            kinds = [(one["kind"], one.get("answer"), one.get("reasons"), one.get("part"), one.get("state")) for one in seen]
            raise GuestSilent(f"{error}; there were {kinds}") from None

    def decided(self) -> Fields:
        """Wait for the answer to whoever came."""
        return self.event("decision")

    def visit(self, picture: str, core_c: float | None = 36.6) -> tuple[str, tuple[str, ...], str | None]:
        """A whole visit: answer, reasons, and what became of an admission."""
        self.comes(picture, core_c)
        decision = self.decided()
        outcome = None
        if decision["answer"] == "admit":
            self.walks_through()
            outcome = str(self.event("gate_outcome")["outcome"])
        self.goes()
        return str(decision["answer"]), tuple(decision["reasons"]), outcome
