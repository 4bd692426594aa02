"""What a card's image is made by: the slots' two sectors, the boot script, the papers. The image itself: tests/image."""

import importlib.util
import json
import re
import struct
import zlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

IMAGE = Path(__file__).parents[2] / "deploy" / "image"
SYSTEM = IMAGE / "system"
FIRST, SECOND = 0x100 * 512, 0x500 * 512


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


slots = loaded(SYSTEM / "usr/lib/gatepost/slots.py")
boot_script = loaded(IMAGE / "boot-script.py")
papers = loaded(IMAGE / "papers.py")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes(2 * 1024 * 1024))
    return path


def of_u_boot(order: str, a: int, b: int) -> bytes:
    """A sector as `env export -c -s 0x200` writes it: by name, with the CRC-32 of all that follows it."""
    body = f"slot_a_left={a}\0slot_b_left={b}\0slot_order={order}\0\0".encode().ljust(508, b"\0")
    return struct.pack("<I", zlib.crc32(body)) + body


@given(st.permutations(["A", "B"]), st.integers(0, 8), st.integers(0, 8))
def test_linux_and_u_boot_write_the_same_sector(order: list[str], a: int, b: int) -> None:
    written = slots.Slots(order, {"A": a, "B": b}).encoded()
    assert written == of_u_boot(" ".join(order), a, b)
    again = slots.Slots.decoded(written)
    assert (again.order, again.left) == (order, {"A": a, "B": b})


@given(st.binary(max_size=512))
def test_whatever_else_is_in_a_sector_is_not_taken_for_slots(data: bytes) -> None:
    assert slots.Slots.decoded(data) is None


@pytest.mark.parametrize("torn", [FIRST, SECOND], ids=["first", "second"])
def test_one_torn_sector_leaves_the_other(torn: int, disk: Path) -> None:
    slots.Slots(["B", "A"], {"A": 3, "B": 1}).write(disk)
    with disk.open("r+b") as file:
        file.seek(torn + 100)
        file.write(b"torn")
    assert slots.Slots.read(disk).primary() == "B"


def test_an_empty_card_has_two_proven_slots(disk: Path) -> None:
    assert slots.Slots.read(disk).left == {"A": slots.PROVEN, "B": slots.PROVEN}


def test_an_update_is_on_trial_until_it_is_good_and_has_fewer_attempts(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*words: str) -> str:
        assert slots.main(list(words), disk) == 0
        return capsys.readouterr().out.strip()

    call("set-state", "B", "bad")
    assert call("get-primary") == "A"
    call("set-primary", "B")
    assert (call("get-primary"), call("get-state", "B")) == ("B", "good")
    assert slots.Slots.read(disk).left == {"A": slots.PROVEN, "B": slots.ON_TRIAL}
    call("set-state", "B", "good")
    assert call("show") == f"B A A={slots.PROVEN} B={slots.PROVEN}"


def test_a_slot_without_attempts_is_passed_over(disk: Path) -> None:
    slots.Slots(["B", "A"], {"A": 8, "B": 0}).write(disk)
    assert slots.Slots.read(disk).primary() == "A"


@pytest.mark.parametrize("words", [(), ("set-primary", "C"), ("set-state", "A", "perhaps"), ("get-state",)])
def test_a_wrong_call_is_one_sentence(words: tuple[str, ...], disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slots.main(list(words), disk) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_boot_script_has_u_boot_s_header_and_always_the_same_bytes() -> None:
    image = boot_script.wrapped(b"echo hello\n")
    magic, own, _, size, _, _, data_crc = struct.unpack(">7I", image[:28])
    zeroed = image[:4] + bytes(4) + image[8:64]
    assert (magic, own, data_crc) == (0x27051956, zlib.crc32(zeroed), zlib.crc32(image[64:]))
    assert size == len(image) - 64
    assert image[64:] == struct.pack(">II", 11, 0) + b"echo hello\n"
    assert image == boot_script.wrapped(b"echo hello\n")


def test_u_boot_and_linux_agree_on_places_counts_and_disk() -> None:
    script = (IMAGE / "boot.cmd").read_text(encoding="utf-8")
    assert [int(at, 16) * 512 for at in re.findall(r"} write \S+ (0x\w+) 1", script)] == list(slots.PLACES)
    assert set(re.findall(r"setenv slot_[ab]_left (\d)", script)) == {str(slots.PROVEN)}
    disk = re.search(r"label-id: 0x(\w+)", (IMAGE / "make-card.sh").read_text(encoding="utf-8"))
    assert disk is not None
    for path in ("etc/fstab", "etc/rauc/system.conf", "usr/lib/gatepost/grow.sh", "usr/lib/gatepost/slots.py"):
        named = set(re.findall(r"(?i)partuuid[=/](\w{8})-0\d", (SYSTEM / path).read_text(encoding="utf-8")))
        assert named == {disk[1]}, path


def test_the_papers_name_every_part_and_every_file(tmp_path: Path) -> None:
    (tmp_path / "packages.tsv").write_text("libc6\t2.36-9+deb12u14\tarm64\tglibc\n", encoding="utf-8")
    (tmp_path / "wheels.tsv").write_text("Kivy\t2.3.1\n", encoding="utf-8")
    (tmp_path / "kernel").write_text("7.3.4-arm64\n", encoding="ascii")
    image = tmp_path / "gatepost-9-arm64.img.zst"
    image.write_bytes(b"image")
    papers.main("9", tmp_path, [image])
    bill = json.loads((tmp_path / "gatepost-9-arm64.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {part["purl"] for part in bill["components"]} == {
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=arm64",
        "pkg:pypi/kivy@2.3.1",
    }
    manifest = json.loads((tmp_path / "gatepost-9-arm64.manifest.json").read_text(encoding="utf-8"))
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "gatepost-9-arm64.sha256").read_text().splitlines())
    assert {one["file"]: one["sha256"] for one in manifest["files"]}.items() <= sums.items()
    assert set(sums) == {image.name, "gatepost-9-arm64.cdx.json", "gatepost-9-arm64.manifest.json"}
