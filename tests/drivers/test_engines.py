"""The engines: exact bytes, corners, the symbologies that are asked for and no others."""

import numpy as np
import pytest
import segno
import zxingcpp
from numpy.typing import NDArray

from drivers.engines import QR_ONLY, SYMBOLOGIES, Engine, by_zbar, by_zxing, formats_of
from tests.drivers.pictured import drawn

CONTENTS = {
    "utf8": "é 王 ß".encode(),
    "latin1": b"caf\xe9",
    "gbk": "上海市浦东新区".encode("gbk"),
    "binary": bytes(range(256)),
    "control": b"\x01\x02\x1d\x1e\x04GS",
    "nul": b"\x00\x00a\x00",
    "digits": b"0123456789",
}
NAMES = {"qr": "QRCode", "micro_qr": "MicroQRCode", "aztec": "Aztec", "data_matrix": "DataMatrix"}
ENGINES: dict[str, Engine] = {"zxing": by_zxing, "zbar": by_zbar}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_each_engine_gives_the_exact_bytes(engine: Engine, content: bytes) -> None:
    assert [found.content for found in engine(drawn(content))] == [content]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
def test_each_engine_gives_the_corners_clockwise_from_the_top_left(engine: Engine) -> None:
    image = np.full((400, 500), 255, np.uint8)
    code = drawn(b"corners")
    image[60 : 60 + code.shape[0], 200 : 200 + code.shape[1]] = code
    (found,) = engine(image)
    near, far = 20, code.shape[0] - 20
    expected = [(200 + near, 60 + near), (200 + far, 60 + near), (200 + far, 60 + far), (200 + near, 60 + far)]
    assert np.abs(np.subtract(found.corners, expected)).max() <= 4


def test_an_inverted_code_is_read_where_that_is_asked_for() -> None:
    dark = 255 - drawn(b"light on dark")
    assert [found.content for found in by_zxing(dark, inverted=True)] == [b"light on dark"]
    assert by_zxing(dark) == ()


def of_symbology(name: str) -> NDArray[np.uint8]:
    """Draw a code of that symbology that says 'A1'."""
    if name == "qr":
        return drawn(b"A1")
    if name == "micro_qr":
        matrix = np.pad(np.array(segno.make("A1", micro=True).matrix, np.uint8), 4)
        return np.kron(1 - matrix, np.full((6, 6), 255, np.uint8))
    (format_,) = SYMBOLOGIES[name]
    image = np.array(zxingcpp.create_barcode("A1", format_).to_image(scale=6), np.uint8)
    return np.ascontiguousarray(np.pad(image, 30, constant_values=255))


@pytest.mark.parametrize("name", SYMBOLOGIES)
def test_a_symbology_is_read_when_it_is_asked_for_and_no_other_is(name: str) -> None:
    image = of_symbology(name)
    (found,) = by_zxing(image, formats=formats_of([name]))
    assert (found.content, found.symbology) == (b"A1", NAMES[name])
    others = formats_of([other for other in SYMBOLOGIES if other != name])
    assert by_zxing(image, formats=others) == ()
    assert bool(by_zxing(image, formats=QR_ONLY)) is (name == "qr")
