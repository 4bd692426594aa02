"""Every frame that Gatepost puts on the wire to a thermometer, bit for bit."""

import errno

import pytest
from smbus2 import i2c_msg

from drivers.filter_setting import CONFIG, Filter
from drivers.mlx90614 import ADDRESS, AMBIENT, EMISSIVITY, FLAGS, IDENTITY, OBJECT, Mlx90614
from drivers.simulated.bus import fill, segments_of
from drivers.smbus import WordLink, pec, word_of, write_frame
from kiosk.errors import DeviceLost

# Made by a bitwise CRC-8 that shares no code with ours; the second one is also the data sheet's own example.
READS = {
    AMBIENT: "b4 06 b5 b0 39 f0",
    OBJECT: "b4 07 b5 d2 3a 30",
    CONFIG: "b4 25 b5 b4 9f 2b",
    EMISSIVITY: "b4 24 b5 ff ff d6",
    FLAGS: "b4 f0 b5 10 00 30",
    IDENTITY[0]: "b4 3c b5 1b 3a 43",
    IDENTITY[1]: "b4 3d b5 0d 5c 49",
    IDENTITY[2]: "b4 3e b5 27 9e 1f",
    IDENTITY[3]: "b4 3f b5 f6 41 b5",
}
ERASE, STORE = "b4 25 00 00 43", "b4 25 b0 9f d8"


class Wire:
    """Answers reads from the vectors and keeps all bytes as they would go over the wire."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.config = ""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        first, *reading = segments_of(i2c_msgs)
        sent = bytes((first.address << 1,)) + first.write
        if not reading:
            self.seen.append(sent.hex(" "))
            self.config = sent[2:4].hex(" ")
            return
        frame = bytes.fromhex(READS[first.write[0]])
        if first.write[0] == CONFIG and self.config:
            frame = frame[:3] + bytes.fromhex(self.config)
            frame += bytes((pec(frame),))
        assert frame[:2] == sent
        fill(i2c_msgs, [frame[3:]])
        self.seen.append(frame.hex(" "))

    def close(self) -> None:
        pass


def test_a_probe_and_a_reading_are_these_frames() -> None:
    wire = Wire()
    sensor = Mlx90614(wire, pause=lambda _: None)
    unit = sensor.probe()
    sensor.read()
    sensor.flags()
    order = [*IDENTITY, CONFIG, EMISSIVITY, OBJECT, AMBIENT, FLAGS]
    assert wire.seen == [READS[command] for command in order]
    assert (unit.pec_right, unit.identity) == (True, "41f69e275c0d3a1b")


def test_a_filter_is_stored_by_an_erase_a_write_and_a_look() -> None:
    wire, pauses = Wire(), list[float]()
    assert Mlx90614(wire, pause=pauses.append).set_filter(Filter(0, 7)) == 0x9FB0
    look = READS[CONFIG]
    assert wire.seen[:4] == [look, look, ERASE, STORE]
    assert wire.seen[4:] == ["b4 25 b5 b0 9f 7f"] * 2
    assert pauses == [0.02, 0.02]


@pytest.mark.parametrize(
    ("address", "command", "word", "frame"),
    [
        (ADDRESS, CONFIG, 0x0000, "25 00 00 43"),
        (ADDRESS, CONFIG, 0x9FB4, "25 b4 9f 8c"),
        (0x00, 0x2E, 0x0000, "2e 00 00 6f"),
    ],
    ids=["erase", "configuration", "data sheet's erase of cell 0x2E at address 0"],
)
def test_a_write_ends_with_its_checksum(address: int, command: int, word: int, frame: str) -> None:
    assert write_frame(address, command, word).hex(" ") == frame


def test_every_vector_ends_with_its_checksum() -> None:
    for frame in (*READS.values(), ERASE, STORE):
        assert pec(bytes.fromhex(frame)) == 0, frame


def test_low_byte_comes_first() -> None:
    assert word_of(bytes.fromhex("d2 3a 30")) == 0x3AD2


def test_whatever_a_bus_fails_with_is_a_lost_device() -> None:
    class Broken(Wire):
        def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
            raise OSError(errno.EIO, "broken")

    link = WordLink(Broken(), ADDRESS, pause=lambda _: None, free=lambda: False)
    for attempt in (lambda: link.write(CONFIG, 0), lambda: link.read(CONFIG)):
        with pytest.raises(DeviceLost, match="bus fails"):
            attempt()
