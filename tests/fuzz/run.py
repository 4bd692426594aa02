"""Fuzz credentials and decoders with Atheris (libFuzzer): `make fuzz`. Options of libFuzzer may follow."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["kiosk", "drivers"]):
    from tests.fuzz import targets


def main() -> None:
    """Fuzz from genuine inputs until the runs or the time that the options name are over; status 0: nothing found."""
    with tempfile.TemporaryDirectory(prefix="gatepost-fuzz-") as folder:
        for number, seed in enumerate(targets.seeds()):
            Path(folder, str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, folder], targets.one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
