"""What was measured on what."""

import socket
from pathlib import Path

from kiosk.bench import machine


def test_the_facts_name_software_and_machine_but_no_host_and_no_place() -> None:
    facts = machine.facts()
    assert facts["software"]
    assert facts["cores"] >= 1
    assert facts["memory_mb"] > 0
    said = " ".join(str(value) for value in facts.values())
    assert socket.gethostname() not in said.split()
    assert "/" not in facts["kernel"]


def test_a_board_is_named_before_its_processor(tmp_path: Path) -> None:
    board, cpuinfo = tmp_path / "model", tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n", encoding="utf-8")
    assert machine.model(board, cpuinfo) == "Some CPU @ 2 GHz"
    board.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert machine.model(board, cpuinfo) == "Raspberry Pi 4 Model B Rev 1.4"
