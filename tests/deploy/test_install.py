"""`make install` below DESTDIR: the tree that a package would have, and nothing outside of it."""

import subprocess
from pathlib import Path

import pytest

from kiosk.config import load
from tests.deploy.units import ROOT

UNITS = "usr/lib/systemd/system"
EXPECTED = {
    "kiosk": {
        "etc/gatepost/gatepost.example.toml",
        "etc/gatepost/kiosk.example.toml",
        f"{UNITS}/gatepost.target",
        *(f"{UNITS}/gatepost-{part}.service" for part in ("gate", "core", "eyes", "screen", "card-screen", "first-boot")),
        "usr/lib/sysusers.d/gatepost.conf",
        "usr/lib/tmpfiles.d/gatepost.conf",
        "usr/lib/udev/rules.d/60-gatepost.rules",
    },
    "central": {
        "etc/gatepost/central.example.toml",
        f"{UNITS}/gatepost-central.service",
        "usr/lib/sysusers.d/gatepost-central.conf",
    },
}


def install(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "deploy" / "install.sh", *words],
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "DESTDIR": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def tree(root: Path) -> set[str]:
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return {path for path in files if not path.startswith("usr/share/doc/")}


@pytest.mark.parametrize("what", EXPECTED)
def test_what_is_installed_is_what_a_system_expects(what: str, tmp_path: Path) -> None:
    assert install(tmp_path, what, "files").returncode == 0
    assert install(tmp_path, what, "start").returncode == 0
    assert tree(tmp_path) == EXPECTED[what]
    assert (tmp_path / "etc" / "gatepost").stat().st_mode & 0o777 == 0o750
    (docs,) = (tmp_path / "usr" / "share" / "doc").iterdir()
    named = (tmp_path / next(path for path in EXPECTED[what] if path.endswith(".service"))).read_text(encoding="utf-8")
    page = named.partition("Documentation=file:")[2].partition("\n")[0]
    assert (docs / Path(page).name).is_file()
    assert page == f"/usr/share/doc/{docs.name}/{Path(page).name}"


def test_the_installed_example_is_a_configuration(tmp_path: Path) -> None:
    install(tmp_path, "kiosk", "files")
    assert load(tmp_path / "etc/gatepost/kiosk.example.toml").gate.run_dir == "/run/gatepost"


def test_configuration_and_records_outlive_gatepost(tmp_path: Path) -> None:
    install(tmp_path, "kiosk", "files")
    kept = [tmp_path / "etc/gatepost/kiosk.toml", tmp_path / "var/lib/gatepost/log.sqlite"]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert install(tmp_path, "kiosk", "uninstall").returncode == 0
    examples = {f"etc/gatepost/{name}.example.toml" for name in ("kiosk", "gatepost")}
    assert tree(tmp_path) == {*examples, *(str(path.relative_to(tmp_path)) for path in kept)}


@pytest.mark.parametrize("words", [(), ("toaster", "files"), ("kiosk", "bake")])
def test_what_cannot_be_installed_is_said_in_one_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    ran = install(tmp_path, *words)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
