"""Who this kiosk is to its server: its papers, and what the server says to a request that they sign."""

import time
from collections.abc import Iterator
from typing import Any

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit
from kiosk.errors import ServiceUnavailable
from kiosk.model import ClockState
from kiosk.ports import Clock
from kiosk.units import Seconds
from sync.enrolment_wire import DEVICE_PATH, TIME_PATH, decode_time
from sync.identity import KEY, Papers, PapersUnusable
from sync.line import Line
from sync.obstacles import Obstructed
from sync.wire import NotOnTheWire

CLOCKS_APART_S = 60.0
"""Two clocks that go by time servers differ by less than this."""


def identity(papers: Papers, compound: str, *, server: bool, code: bool) -> Iterator[Finding]:
    """Examine the papers. `server`: there is one to be enrolled at; `code`: the configuration names a code."""
    try:
        place = papers.place()
        if place is not None:
            papers.read_key()
    except PapersUnusable as error:
        yield finding(PartName.IDENTITY, [unfit("identity.unusable", reason=str(error))])
        return
    if place is None:
        remark = absent("identity.waiting" if code else "identity.none" if server else "identity.not_wanted")
        yield finding(PartName.IDENTITY, [remark], wanted=code)
        return
    measured = {"device": place.device, "gate": place.gate, "direction": place.direction.value}
    remarks = [fit("identity.well", **measured)]
    if place.compound != compound:
        remarks.append(unfit("identity.elsewhere", compound=place.compound))
    if (papers.folder / KEY).stat().st_mode & 0o077:
        remarks.append(unfit("identity.open", path=papers.folder / KEY))
    yield finding(PartName.IDENTITY, remarks, measured)


def examine(
    url: str, within_s: Seconds, papers: Papers, clock: Clock | None, measured: dict[str, Any], proxy: str | None
) -> Iterator[Remark]:
    """Ask the server in this device's name, and compare its clock with ours. Nothing of a kiosk not enrolled is asked."""
    try:
        place, signer = papers.place(), papers.signer()
    except PapersUnusable:
        return  # the identity's line says so
    if place is None or signer is None:
        return
    line = Line(url, "doctor", timeout_s=within_s, proxy=proxy)
    try:
        if papers.ca is not None:
            line.pin(papers.ca)
        answer = line.ask_signed(signer, "GET", DEVICE_PATH, place.compound, b"", line.deadline())
        measured["heard"] = answer.status == 200
        if answer.status != 200:
            yield unfit("server.other", status=answer.status)
        ours = time.time() if clock is None else clock.wall() / 1_000_000
        if clock is not None and clock.state() is ClockState.SYNCHRONISED:
            told = decode_time(line.ask("GET", TIME_PATH, place.compound, b"", line.deadline()).body)
            apart_s = told.time_us / 1_000_000 - ours
            measured["clock_apart_s"] = round(apart_s, 1)
            if abs(apart_s) > CLOCKS_APART_S:
                yield unfit("server.clock", apart_s=apart_s)
    except Obstructed as error:
        measured["heard"] = False
        yield unfit(f"server.{error.obstacle}")
    except (ServiceUnavailable, NotOnTheWire) as error:
        yield unfit("server.unreachable", reason=str(error))
    finally:
        line.close()
