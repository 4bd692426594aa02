"""What stands before the guest's camera: pictures written to a loopback video device, as a camera would give them.

`/run/hil/picture` names the picture shown, which may change at any moment: raw YUYV in the folder beside this file, taken
several times, since no two pictures of a camera are the same (and the kiosk believes none that is). Standard library
alone. Numbers are those of linux/videodev2.h.
"""

import fcntl
import itertools
import os
import struct
import time
from pathlib import Path

DEVICE = "/dev/video0"
PICTURES = Path(__file__).parent / "pictures"
SHOWN = Path("/run/hil/picture")
WIDTH, HEIGHT, FPS, TAKES = 320, 240, 4, 4
SET_FORMAT = 0xC0D05605
OUTPUT, NO_FIELD, SRGB = 2, 1, 8
YUYV = int.from_bytes(b"YUYV", "little")


def main() -> None:
    """Show pictures until killed."""
    pictures = {file.stem: file.read_bytes() for file in PICTURES.glob("*.yuyv")}
    takes = itertools.cycle(range(TAKES))
    device = os.open(DEVICE, os.O_WRONLY)
    shape = struct.pack("8I", WIDTH, HEIGHT, YUYV, NO_FIELD, WIDTH * 2, WIDTH * HEIGHT * 2, SRGB, 0)
    fcntl.ioctl(device, SET_FORMAT, bytearray(struct.pack("I4x", OUTPUT) + shape.ljust(200, b"\0")))
    due = time.monotonic()
    while True:
        name = SHOWN.read_text(encoding="ascii").strip() if SHOWN.exists() else "nobody"
        os.write(device, pictures[f"{name}.{next(takes)}"])
        due = max(due + 1 / FPS, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
