"""What a kiosk goes by, as the doctor sees it from its card."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.bootstrap.came_down import came_down
from kiosk.config import Config, GateSection, LogSection, PolicySection, ServerSection
from kiosk.errors import UsageError
from kiosk.policy import PolicyDocument
from kiosk.staleness import Kind
from sync.central.store import Store
from tests.kiosk.fakes import FakeClock
from tests.sync.central.documents import COMPOUND, GATE, WHO, Site, policy
from tests.sync.central.kiosks import NOON_US
from tests.sync.downward.kiosks import Kiosk, Line

HOUR_US = 3_600_000_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = Store(f"sqlite:///{tmp_path / 'central.sqlite'}", wall_us=lambda: NOON_US)
    yield Site(store, tmp_path)
    store.close()


@pytest.fixture
def kiosk(site: Site, tmp_path: Path) -> Kiosk:
    return Kiosk(Line(site.documents, COMPOUND, GATE), tmp_path / "documents", site.public)


def configured(folder: Path, document_key: str | None, url: str | None = "https://gatepost.example") -> Config:
    return Config(
        gate=GateSection(compound=COMPOUND, device=GATE),
        policy=PolicySection(file="shipped:normal-times"),
        log=LogSection(path=str(folder / "log.sqlite")),
        server=ServerSection(url=url, document_key=document_key),
    )


def seen(config: Config) -> dict[Kind, str]:
    found = came_down(config, FakeClock())
    return {kind: one.name for kind, one in found.items() if isinstance(one, PolicyDocument)}


def test_what_came_down_and_counts_is_seen_and_what_waits_is_not(site: Site, kiosk: Kiosk, tmp_path: Path) -> None:
    site.publish(body=policy(7))
    site.documents.publish(COMPOUND, Kind.POLICY, policy(8), WHO, effective_us=site.now_us + HOUR_US)
    kiosk.exchange()
    assert seen(configured(tmp_path, site.key.public())) == {Kind.POLICY: "normal-times@7"}


def test_a_file_that_cannot_be_believed_is_passed_over_and_nothing_on_the_card_is_changed(
    site: Site, kiosk: Kiosk, tmp_path: Path
) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    (file,) = kiosk.folder.glob("policy.*")
    file.write_bytes(b"{")
    (kiosk.folder / "policy._.1.draft").write_bytes(b"half")
    before = {path.name: path.read_bytes() for path in kiosk.folder.iterdir()}
    assert seen(configured(tmp_path, site.key.public())) == {}
    assert {path.name: path.read_bytes() for path in kiosk.folder.iterdir()} == before


def test_without_a_server_or_a_key_only_the_configuration_counts(site: Site, kiosk: Kiosk, tmp_path: Path) -> None:
    site.publish(body=policy(7))
    kiosk.exchange()
    assert seen(configured(tmp_path, site.key.public(), url=None)) == {}
    assert seen(configured(tmp_path, None)) == {}
    with pytest.raises(UsageError, match="is no document key"):
        seen(configured(tmp_path, "0f"))
