"""A finger on a real panel of the guest's kernel: the screen's unit draws on the graphics card and hears its touches."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.shown_kiosk import PALETTE
from tests.hil.gate import PARTS, SCREEN_MASK, Gate
from tests.hil.machine import RUN, until
from tests.hil.panel import SHOWN_WITHIN_S, Screen
from tests.hil.ready import Ready
from tests.hil.table import Table
from ui.picture import Action

DRAWN_BY = "GALLIUM_DRIVER=softpipe"
"""What translates shaders to the processor's code is slower here than what interprets them: translating takes longer than a
screen may stand still."""
Shown = tuple[Gate, Screen]


@pytest.fixture(scope="module")
def shown(ready: Ready) -> Iterator[Shown]:
    with ready.going_on(RUN / "shown") as (machine, branch):
        machine.run("rm", SCREEN_MASK)
        for unit in ("gatepost-screen", "gatepost-card-screen"):
            folder = f"/run/systemd/system/{unit}.service.d"
            machine.run("mkdir", "-p", folder)
            machine.write(f"{folder}/drawn.conf", f"[Service]\nEnvironment={DRAWN_BY}\n")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "gatepost-screen", within_s=SHOWN_WITHIN_S)
        yield Gate(machine), Screen(machine, branch.folder)


def test_the_screen_runs_under_its_own_account_without_a_capability(shown: Shown, table: Table) -> None:
    gate, _ = shown
    status = gate.machine.read_status(int(gate.property("screen", "MainPID")))
    assert (status["CapEff"], status["Seccomp"], status["NoNewPrivs"]) == ("0000000000000000", "2", "1")
    table.add("screen", "its account, capabilities, seccomp", f"none, filtered; exposure {gate.exposure('screen')}")


def test_a_touch_changes_the_language_and_another_calls_the_guard(shown: Shown, table: Table) -> None:
    gate, screen = shown
    idle = screen.wait_idle()
    english = screen.press(idle, Action.LANGUAGE, "en")
    screen.button_is(english, Action.LANGUAGE, "en", "accent", 60.0)
    gate.look_from_here()
    screen.press(english, Action.GUARD)
    gate.event("guard_called")
    screen.keep(RUN / "called.png")
    table.add("screen", "a finger on 'English', then on 'Call the guard'", "the buttons change; the call is in the log")


def test_a_mistake_on_the_card_of_a_new_kiosk_is_on_its_screen_and_beside_the_file(shown: Shown, table: Table) -> None:
    gate, screen = shown
    run = gate.machine.run
    run("systemctl", "stop", "gatepost.target", *(f"gatepost-{part}" for part in (*PARTS, "screen")))
    run("mv", "/etc/gatepost/kiosk.toml", "/run/hil/kiosk.toml")
    run("mkdir", "-p", "/boot/firmware", "/etc/NetworkManager/system-connections")
    gate.machine.write("/boot/firmware/gatepost.toml", '[gate]\ncompound = "riverside"\ndevise = "gate-1"\n')
    run("systemctl", "start", "gatepost-first-boot", may_fail=True)
    answer = gate.machine.ask("read", path="/boot/firmware/gatepost-errors.txt")
    assert "[gate] has no key 'devise'; remove it or correct its name" in answer
    assert gate.state("card-screen") == "active"
    until(lambda: screen.display.share(PALETTE["refuse"]) > 0.002, SHOWN_WITHIN_S, "the screen shows the mistake")
    screen.keep(RUN / "mistake.png")
    table.add("screen", "a mistake on the card of a kiosk that has no configuration yet", "beside the file, and drawn")
