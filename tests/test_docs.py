"""The documentation is true: commands exist, configuration keys are shown, links lead somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from kiosk.bench.commands import app as bench
from kiosk.cli import app
from kiosk.demo.cases import SCENARIOS
from kiosk.model import Part
from sync.central.metrics import OF_DEVICE

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]  # a group, as there are several


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`gatepost ([\w-]+)", readme))
    assert "gatepost policy check" in readme
    assert named == COMMANDS


def test_every_measurement_is_described() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for name in get_command(bench).commands:  # type: ignore[attr-defined]  # a group, as there are several
        assert f"`gatepost bench {name}`" in page


def test_every_command_of_the_central_server_is_described() -> None:
    page = (ROOT / "docs" / "central.md").read_text(encoding="utf-8")
    group = get_command(app).commands["central"].commands  # type: ignore[attr-defined]  # groups, both of them
    keys = {f"keys {name}" for name in group["keys"].commands}
    assert len(keys) == 4
    for name in {*group, *keys} - {"keys"}:
        assert f"gatepost central {name}" in page, name


def test_every_command_about_staff_is_described() -> None:
    page = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
    names = set(get_command(app).commands["central"].commands["staff"].commands)  # type: ignore[attr-defined]  # groups
    assert set(re.findall(r"`gatepost central staff ([\w-]+)", page)) == names
    assert len(names) == 5


def test_every_figure_of_the_central_server_is_described() -> None:
    page = (ROOT / "docs" / "central.md").read_text(encoding="utf-8")
    source = (ROOT / "sync" / "central" / "metrics.py").read_text(encoding="utf-8")
    names = {*re.findall(r'"(gatepost_central_\w+)"', source), *(f"gatepost_central_device_{name}" for name in OF_DEVICE)}
    assert len(names) > 10
    assert all(f"`{name}`" in page or f"`{name}_total`" in page for name in names)


def test_the_technician_finds_every_message_of_the_screen_s_strip_and_no_command_that_is_not_there() -> None:
    page = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")
    words = (ROOT / "ui" / "words" / "en.po").read_text(encoding="utf-8")
    messages = re.findall(r'msgid "part\.\w+\.lost"\nmsgstr "(.+)"', words)
    assert len(messages) == len(Part)
    assert [message for message in messages if f"| `{message}` |" not in page] == []
    assert set(re.findall(r"gatepost ([a-z][\w-]*)(?= |`)", "".join(re.findall(r"`[^`]+`", page)))) <= COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_named_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", "".join(re.findall(r"`[^`]+`", page.read_text(encoding="utf-8")))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name} names make {target}"


def test_the_loss_of_every_part_is_described() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| (?!.*scenario)[^|]*\|[^|]*\|[^|]*\|$", page, re.MULTILINE) == [
        str(part) for part in Part
    ]


def test_every_scenario_is_described_in_its_own_words() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for scenario in SCENARIOS.values():
        assert f"| `{scenario.name}` | {scenario.about} |" in page


def test_every_kind_of_event_is_described() -> None:
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for folder in ("kiosk", "sync") for path in (ROOT / folder).glob("*.py")]
    written = set(re.findall(r'(?:Draft\(|\.note\()\s*"(\w+)"', "".join(sources)))
    assert written >= {"decision", "log_opened", "gate_outcome", "guard_called", "visit_parked"}
    assert all(f"`{kind}`" in page for kind in written), written


def test_the_tree_names_no_place_of_one_machine() -> None:
    homes = re.compile(r"(?<![\w.])/(?:root|home/\w+)/")
    suffixes = {".py", ".md", ".toml", ".sh", ".txt", ".html"}
    folders = ("kiosk", "drivers", "ui", "sync", "deploy", "docs")
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes):
        assert not homes.search(path.read_text(encoding="utf-8")), path
