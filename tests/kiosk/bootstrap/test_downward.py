"""What a kiosk goes by when it starts, and when nothing can come down."""

from pathlib import Path

import pytest

from kiosk.bootstrap.downward import ComesDown
from kiosk.config import Config, GateSection, LogSection, PolicySection, ServerSection
from kiosk.errors import UsageError
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock
from tests.sync.downward.kiosks import CONFIGURED


def comes_down(folder: Path, url: str | None, document_key: str | None = None) -> ComesDown:
    config = Config(
        gate=GateSection(compound="riverside", device="gate-1"),
        policy=PolicySection(file="shipped:normal-times"),
        log=LogSection(path=str(folder / "log.sqlite")),
        server=ServerSection(url=url, document_key=document_key),
    )
    return ComesDown(config, "gate-1", FakeClock(), lambda: CONFIGURED, lambda _: None)


@pytest.mark.parametrize("url", [None, "https://gatepost.example"], ids=["no server", "a server"])
def test_a_damaged_document_key_keeps_no_kiosk_from_starting(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "document-key").write_bytes(b"\xff torn")
    with capture_logs() as said:
        assert comes_down(tmp_path, url).in_force() == CONFIGURED
    assert [line["event"] for line in said] == ([] if url is None else ["nothing comes down"])


def test_a_wrong_key_in_the_configuration_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="document_key is no document key"):
        comes_down(tmp_path, "https://gatepost.example", "0f").in_force()
