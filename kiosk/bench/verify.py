"""How long it takes to check a credential: genuine ones of each kind, and what would like to hold up a gate.

Figures are milliseconds of the thread's own processor time: checking waits for nothing.
"""

import gc
import random
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cbor2 import dumps
from rich.console import Console
from rich.table import Table

from kiosk.bench import specimens
from kiosk.bench.specimens import NOW
from kiosk.credentials import Examined, HealthToken, TrustList, base45, combine, examine
from kiosk.credentials.card_trust import key
from kiosk.credentials.dcc_trust import read_certificate
from kiosk.evidence import MAX_CODE, Credential
from kiosk.units import WallTime

ROUNDS = 300
HC1_P95_MS = 2.0
HOSTILE_MAX_MS = 50.0
"""What a gate can spare, on the machine that the figures of the documentation are from."""

_AT = WallTime(round((NOW - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000))


@dataclass(frozen=True, slots=True)
class Case:
    """One text, and whether it is there to do harm."""

    name: str
    text: bytes
    hostile: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What checking one text came to, over `n` rounds."""

    name: str
    verdict: str
    hostile: bool
    n: int
    p50_ms: float
    p95_ms: float
    max_ms: float

    @property
    def in_time(self) -> bool:
        """Whether a gate can spare so much."""
        return self.max_ms < HOSTILE_MAX_MS if self.hostile else self.p95_ms <= HC1_P95_MS


def measure(rounds: int = ROUNDS) -> tuple[Row, ...]:
    """Make the specimens and check each of them again and again."""
    cases, trust = _cases()
    return tuple(_measured(case, trust, rounds) for case in cases)


def report(rows: tuple[Row, ...]) -> dict[str, Any]:
    """Return the figures as the JSON report has them."""
    return {
        "unit": "milliseconds of processor time",
        "rows": {
            row.name: {
                "verdict": row.verdict,
                "n": row.n,
                "p50": round(row.p50_ms, 3),
                "p95": round(row.p95_ms, 3),
                "max": round(row.max_ms, 3),
                "in_time": row.in_time,
            }
            for row in rows
        },
    }


def show(console: Console, rows: tuple[Row, ...]) -> None:
    """Print the figures as a table."""
    table = Table("credential", "verdict", "p50 ms", "p95 ms", "max ms", "in time")
    for row in rows:
        figures = (f"{figure:.3f}" for figure in (row.p50_ms, row.p95_ms, row.max_ms))
        table.add_row(row.name, row.verdict, *figures, "yes" if row.in_time else "no")
    console.print(table)


def _measured(case: Case, trust: TrustList, rounds: int) -> Row:
    verdict = _verdict(examine(case.text, trust, _AT))
    gc.collect()
    times = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        examine(case.text, trust, _AT)
        times.append((time.thread_time_ns() - began) / 1e6)
    times.sort()
    return Row(
        case.name, verdict, case.hostile, rounds, times[rounds // 2], times[min(rounds - 1, rounds * 95 // 100)], times[-1]
    )


def _verdict(found: Examined) -> str:
    match found:
        case Credential():
            return found.verdict
        case HealthToken():
            return "for its issuer"
        case _:
            return "a part"


def _cases() -> tuple[tuple[Case, ...], TrustList]:
    ec = specimens.ec_document_signer()
    rsa = [specimens.rsa_document_signer(bits) for bits in (2048, 3072)]
    cards = specimens.card_signer()
    card_key = key(cards.jwk, "specimens")
    trust = combine(
        *(read_certificate(signer.certificate, "specimens") for signer in (ec, *rsa)),
        TrustList(card_keys={card_key.id: card_key}),
    )
    chance = random.Random(1)  # noqa: S311  # bytes to be refused, not secrets
    garbage = bytes(chance.choices(base45.ALPHABET, k=MAX_CODE - 4))
    many = {-260: [0] * 16_000}
    texts = {
        "HC1, ES256": ec.text(specimens.dcc()),
        "HC1, PS256 with 2048 bits": rsa[0].text(specimens.dcc()),
        "HC1, PS256 with 3072 bits": rsa[1].text(specimens.dcc()),
        "HC1, signature of another": specimens.ec_document_signer().text(specimens.dcc()),
        "shc:/, one code": cards.text(specimens.card()),
    }
    hostile = {
        "decompression bomb": b"HC1:" + base45.encode(zlib.compress(bytes(2_000_000))).encode(),
        "text of 1 MB": b"HC1:" + b"A" * 1_000_000,
        "longest text, all Base45": b"HC1:" + garbage,
        "deep CBOR": specimens.pack(b"\x81" * 16_000 + b"\x00").encode(),
        "deep tags": specimens.pack(b"\xc1" * 16_000 + b"\x00").encode(),
        "many items": specimens.pack(ec.message(dumps(many))).encode(),
        "card: bomb": specimens.digits(cards.jws(b"{" + b" " * 400_000 + b"}")).encode(),
        "card: deep JSON": specimens.digits(cards.jws(b"{" + b"[" * 60_000 + b"}")).encode(),
        "card: longest digits": b"shc:/" + b"76" * 3500,
        "random bytes": chance.randbytes(2953),
    }
    cases = [Case(name, text.encode()) for name, text in texts.items()]
    return (*cases, *(Case(name, text, hostile=True) for name, text in hostile.items())), trust
