"""The systemd units of this tree, as the tests read them."""

from pathlib import Path

from kiosk.part import PARTS

ROOT = Path(__file__).parents[2]
KIOSK = ROOT / "deploy" / "systemd"
CENTRAL = ROOT / "deploy" / "central"
SERVICES = sorted([*KIOSK.glob("*.service"), *CENTRAL.glob("*.service")])
PARTS_UNITS = [KIOSK / f"gatepost-{part}.service" for part in PARTS]


def settings(unit: Path) -> dict[str, list[str]]:
    """Each setting's values in their order; the section does not matter, as no two have one of a name."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def commands(unit: Path) -> list[list[str]]:
    """The words of every command that a unit runs."""
    return [value.split() for name, values in settings(unit).items() if name.startswith("Exec") for value in values]
