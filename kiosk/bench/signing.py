"""What signing a request costs a kiosk, and what recognising whose it is costs the server.

Figures are milliseconds of the thread's own processor time. The server's are in two parts: the signature with the body's
digest, and the device looked up in a database (SQLite here), as with every request.
"""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from kiosk.bench.printing import table_of
from sync.central.access import Asker, Role
from sync.central.database import open_database
from sync.central.enrolled import find, may_bring
from sync.central.enrolment import issue, redeem
from sync.enrolment_code import NO_CA
from sync.signing import DEVICE, Headers, Message, Signer, verify
from sync.wire import COMPOUND_HEADER, SIMULATED_HEADER

BODIES = {"a question": 0, "one event": 1_000, "an upload of 200": 200_000}
"""What is sent, and its size in bytes."""
TARGET = "/api/v1/logs/gate-1/00c0ffee"


def measure(rounds: int) -> dict[str, Any]:
    """Sign, verify and look up again and again; the report."""
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'central.sqlite'}", _now_us())
        try:
            key = Ed25519PrivateKey.generate()
            place = {"compound": "riverside", "gate": "gate-1", "direction": "both", "replaces": None}
            code = issue(engine, place, 1, Asker("bench", Role.TECHNICIAN, "a measurement"), _now_us(), NO_CA)
            public = key.public_key()
            here = redeem(engine, "riverside", code.secret, public.public_bytes_raw(), _now_us()).place

            def look_up() -> None:
                with engine.connect() as connection:
                    find(connection, here.compound, here.device)
                with engine.connect() as connection:
                    find(connection, here.compound, here.device)
                    may_bring(connection, here.compound, here, here.device)

            rows = {"devices looked up": {"server_ms": _median_ms(look_up, rounds)}}
            signer = Signer(key, f"{here.compound}/{here.device}", DEVICE)
            for name, size in BODIES.items():
                body = b"x" * size
                asked = Message("POST", TARGET, {COMPOUND_HEADER: here.compound, SIMULATED_HEADER: "0"})
                headers = Headers(tuple(signer.sign(asked, body, _now_us()).items()))

                def signs(asked: Message = asked, body: bytes = body) -> None:
                    signer.sign(asked, body, _now_us())

                def verifies(headers: Headers = headers, body: bytes = body) -> None:
                    if not verify(Message("POST", TARGET, headers), DEVICE, lambda _: public).is_of(body):
                        raise RuntimeError("a signature of our own does not hold")

                rows[name] = {"kiosk_ms": _median_ms(signs, rounds), "server_ms": _median_ms(verifies, rounds)}
            return {"unit": "milliseconds of processor time, median", "n": rounds, "rows": rows}
        finally:
            engine.dispose()


def show(console: Console, found: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = table_of(f"Signed requests, {found['n']} rounds", "request", "kiosk, ms", "server, ms")
    for name, row in found["rows"].items():
        table.add_row(name, *(f"{row[end]:.2f}" if end in row else "-" for end in ("kiosk_ms", "server_ms")))
    console.print(table)


def _median_ms(work: Callable[[], None], rounds: int) -> float:
    work()
    gc.collect()
    times = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        work()
        times.append(time.thread_time_ns() - began)
    return round(sorted(times)[rounds // 2] / 1e6, 3)


def _now_us() -> int:
    return time.time_ns() // 1000
