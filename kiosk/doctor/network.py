"""The central server and the issuers' gateways: whether they are reached, how fast, and whether it is they."""

import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, NameResolutionError

from kiosk.doctor import standing
from kiosk.doctor.findings import Finding, PartName, Remark, State, absent, finding, fit, unfit, unknown
from kiosk.loopback import leads_to_loopback
from kiosk.ports import Clock
from kiosk.units import Seconds
from sync.identity import Papers
from sync.obstacles import Obstacle, causes, in_the_way, is_page

HEALTH = "/healthz"
WITHIN = Seconds(4.0)
MAX_ANSWER = 64 * 1024
PORTS = {"http": 80, "https": 443}


def server(
    url: str | None,
    within_s: Seconds = WITHIN,
    papers: Papers | None = None,
    clock: Clock | None = None,
    proxy: str | None = None,
) -> Iterator[Finding]:
    """Ask the central server whether it is well, and in the name of an enrolled kiosk whether it hears this device."""
    if url is None:
        yield finding(PartName.SERVER, [absent("server.not_wanted")], wanted=False)
        return
    measured: dict[str, Any] = {"tls": url.startswith("https:")}
    ca = None if papers is None else papers.ca
    remarks = [_ask(url, within_s, measured, ca, proxy)]
    if papers is not None and remarks[0].state is State.FIT:
        remarks += standing.examine(url, within_s, papers, clock, measured, proxy)
    yield finding(PartName.SERVER, remarks, measured)


def issuers(
    gateways: Mapping[str, str], listed: frozenset[str] | None, *, wanted: bool, within_s: Seconds = WITHIN
) -> Iterator[Finding]:
    """See that each issuer's gateway is reached. No question is asked: a token is a person's.

    `listed` are the services in the trust lists, None if those cannot be read; `wanted`: the policy asks for
    health codes.
    """
    if listed is None:
        yield finding(PartName.ISSUER, [unknown("issuer.unlisted_unknown")])
        return
    names = sorted(gateways.keys() | listed)
    if not names:
        yield finding(PartName.ISSUER, [absent("issuer.not_wanted")], wanted=False)
    each_s = Seconds(within_s / max(1, len(gateways)))
    for name in names:
        measured: dict[str, Any] = {"issuer": name}
        if name not in listed:
            yield finding(PartName.ISSUER, [unfit("issuer.unlisted", issuer=name)], measured)
        elif name not in gateways:
            yield finding(PartName.ISSUER, [absent("issuer.no_gateway", issuer=name)], measured, wanted=wanted)
        else:
            yield finding(PartName.ISSUER, [_reach(name, gateways[name], each_s, measured)], measured)


def _ask(url: str, within_s: Seconds, measured: dict[str, Any], ca: Path | None, proxy: str | None) -> Remark:
    began = time.monotonic()
    try:
        with requests.Session() as session:
            # As the sender asks: neither a proxy nor a password file of this account comes between.
            session.trust_env = False
            if proxy is not None:
                session.proxies = {"https": proxy}
            if ca is not None:
                session.verify = str(ca)
            with session.get(url.rstrip("/") + HEALTH, timeout=within_s, allow_redirects=False, stream=True) as response:
                body = _read(response, began + within_s)
    except (requests.RequestException, HTTPError, OSError) as error:
        if (obstacle := in_the_way(error, pinned=ca is not None)) is not None:
            return (unknown if obstacle is Obstacle.NOT_JUDGED else unfit)(f"server.{obstacle}")
        return _unreached("server", error, within_s)
    answer_ms = (time.monotonic() - began) * 1000
    measured |= {"answer_ms": round(answer_ms, 1), "status": response.status_code}
    if is_page(response.status_code, response.headers.get("Content-Type", ""), body):
        return unfit("server.captive_portal")
    if response.status_code != requests.codes.ok or not _is_well(body):
        return unfit("server.other", status=response.status_code)
    if not measured["tls"] and not leads_to_loopback(url):
        return fit("server.plain", answer_ms=answer_ms)
    return fit("server.well", answer_ms=answer_ms, transport="TLS" if measured["tls"] else "loopback")


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read the answer piece by piece, so that its pace is not the other side's choice."""
    body = b""
    while len(body) < MAX_ANSWER and (piece := response.raw.read1(4096, decode_content=True)):
        body += piece
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return body


def _is_well(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("status") == "ok"


def _reach(name: str, url: str, within_s: Seconds, measured: dict[str, Any]) -> Remark:
    place = urlsplit(url)
    began = time.monotonic()
    try:
        with socket.create_connection((place.hostname or "", place.port or PORTS[place.scheme]), within_s) as link:
            if place.scheme == "https":
                # The authorities that the issuer's gateway goes by (sync.issuer).
                context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
                context.wrap_socket(link, server_hostname=place.hostname).close()
    except (OSError, ValueError) as error:
        return _unreached("issuer", error, within_s, issuer=name)
    answer_ms = (time.monotonic() - began) * 1000
    measured["answer_ms"] = round(answer_ms, 1)
    return fit("issuer.well", issuer=name, answer_ms=answer_ms)


def _unreached(part: str, error: Exception, within_s: Seconds, **values: object) -> Remark:
    """Say why somebody was not reached. An error's own words may be long; its kind is enough."""
    under = list(causes(error))
    if any(isinstance(cause, ssl.SSLError | requests.exceptions.SSLError) for cause in under):
        return unfit(f"{part}.untrusted", **values)
    if any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in under):
        return unfit(f"{part}.unnamed", **values)
    if any(isinstance(cause, ConnectionRefusedError) for cause in under):
        return unfit(f"{part}.refused", **values)
    if any(isinstance(cause, requests.Timeout | TimeoutError) for cause in under):
        return unfit(f"{part}.hangs", within_s=round(within_s, 1), **values)
    return unfit(f"{part}.unreachable", reason=type(under[-1]).__name__, **values)
