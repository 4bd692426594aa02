"""The two engines that read codes, behind one shape: a grey picture in, what was found out, with its exact bytes.

zxing-cpp reads fast, inverted codes too; zbar is slower and reads damaged and spotted codes that zxing-cpp gives up.
Neither is asked for more than the symbologies in use: each further one costs time, and is one more way to misread.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from drivers import zbar

Picture = NDArray[np.uint8]
"""Height x width (grey) or height x width x 3 (BGR)."""
Corners = tuple[tuple[int, int], ...]

Binarizer = zxingcpp.Binarizer
Formats = zxingcpp.BarcodeFormats
_Format = zxingcpp.BarcodeFormat

SYMBOLOGIES: dict[str, tuple[zxingcpp.BarcodeFormat, ...]] = {
    # By model: the family of all QR codes has the micro ones in it.
    "qr": (_Format.QRCodeModel2, _Format.QRCodeModel1),
    "micro_qr": (_Format.MicroQRCode,),
    "aztec": (_Format.Aztec,),
    "data_matrix": (_Format.DataMatrix,),
}
"""What can be asked for, by its name in the configuration."""
QR = "QRCode"


@dataclass(frozen=True, slots=True)
class Found:
    """A code: its exact bytes, who read it, and its four corners (clockwise) in pixels of the given picture.

    `altered`: the picture was changed before it was read, more than in size.
    """

    content: bytes = field(repr=False)
    engine: str
    symbology: str
    corners: Corners
    altered: bool = False

    @property
    def side(self) -> float:
        """How large it is seen: half its outline's length in x and y, 0 without corners."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return float(max(xs) - min(xs) + max(ys) - min(ys)) if xs else 0.0


Engine = Callable[[Picture], tuple[Found, ...]]


def formats_of(names: Iterable[str]) -> zxingcpp.BarcodeFormats:
    """Return what zxing-cpp is to look for. Raises KeyError for a name that is not in SYMBOLOGIES."""
    return Formats([one for name in names for one in SYMBOLOGIES[name]])


QR_ONLY = formats_of(["qr"])


def by_zxing(
    grey: Picture,
    binarizer: zxingcpp.Binarizer = Binarizer.LocalAverage,
    *,
    inverted: bool = False,
    formats: zxingcpp.BarcodeFormats = QR_ONLY,
) -> tuple[Found, ...]:
    """Read with zxing-cpp; `inverted`: light codes on dark ground as well."""
    found = []
    for code in zxingcpp.read_barcodes(
        grey,
        formats=formats,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        try_invert=inverted,
        # Other rungs look at smaller pictures, where that is of use; matrix codes are found at any angle.
        try_downscale=False,
        try_rotate=False,
    ):
        place = code.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        found.append(Found(code.bytes, "zxing", code.format.name, tuple((corner.x, corner.y) for corner in corners)))
    return tuple(found)


def by_zbar(grey: Picture) -> tuple[Found, ...]:
    """Read QR codes with zbar, told to keep the bytes as they are; nothing where its library is not installed."""
    return tuple(Found(content, "zbar", QR, corners) for content, corners in zbar.read(grey))
