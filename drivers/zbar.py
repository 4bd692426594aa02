"""zbar through pyzbar's wrapper, for QR codes alone and with their bytes left as they are.

pyzbar's own `decode` cannot ask for that: zbar guesses a character set and turns `é` or GBK text into another.
"""

from ctypes import c_char_p, c_void_p, cast, string_at
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.lines import get_logger

CFG_BINARY = 4
"""ZBAR_CFG_BINARY of zbar.h since 0.23.1; pyzbar's table of names is older."""
GREY = 0x30303859
"""The fourcc `Y800`, one grey byte a pixel."""

_log = get_logger()


def read(grey: NDArray[np.uint8]) -> list[tuple[bytes, tuple[tuple[int, int], ...]]]:
    """Return content and corners (clockwise, or empty) of the QR codes in a grey picture."""
    library = _library()
    if library is None:
        return []
    scanner = library.zbar_image_scanner_create()
    image = library.zbar_image_create()
    try:
        configure = library.zbar_image_scanner_set_config
        qr = library.ZBarSymbol.QRCODE
        configure(scanner, 0, library.ZBarConfig.CFG_ENABLE, 0)
        configure(scanner, qr, library.ZBarConfig.CFG_ENABLE, 1)
        if configure(scanner, qr, CFG_BINARY, 1) != 0:
            return []  # an older zbar: its bytes could not be believed
        pixels = grey.tobytes()
        library.zbar_image_set_format(image, GREY)
        library.zbar_image_set_size(image, grey.shape[1], grey.shape[0])
        library.zbar_image_set_data(image, cast(c_char_p(pixels), c_void_p), len(pixels), None)
        library.zbar_scan_image(scanner, image)
        found = []
        symbol = library.zbar_image_first_symbol(image)
        while symbol:
            found.append((_content(library, symbol), _corners(library, symbol)))
            symbol = library.zbar_symbol_next(symbol)
        return found
    finally:
        library.zbar_image_destroy(image)
        library.zbar_image_scanner_destroy(scanner)


def available() -> bool:
    """Say whether zbar's library is installed."""
    return _library() is not None


@cache
def _library() -> ModuleType | None:
    try:
        from pyzbar import wrapper
    except ImportError as error:
        _log.warning("zbar missing", library=error.name)
        return None
    module: ModuleType = wrapper
    return module


def _content(library: ModuleType, symbol: Any) -> bytes:
    return string_at(library.zbar_symbol_get_data(symbol), library.zbar_symbol_get_data_length(symbol))


def _corners(library: ModuleType, symbol: Any) -> tuple[tuple[int, int], ...]:
    """Turn the order round: zbar counts anticlockwise from the top left; we count clockwise."""
    if library.zbar_symbol_get_loc_size(symbol) != 4:
        return ()
    return tuple(
        (library.zbar_symbol_get_loc_x(symbol, corner), library.zbar_symbol_get_loc_y(symbol, corner))
        for corner in (0, 3, 2, 1)
    )
