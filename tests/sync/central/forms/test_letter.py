"""The letter of undertaking: a photograph that is made anew, stored sealed, and told to the gate; anything else is not."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from kiosk.declared import FormFilled
from kiosk.model import VisitId
from kiosk.people import Filing
from sync.central.filings import Filings
from sync.central.filings import Works as FiledWorks
from sync.central.forms.parts import NotParts, read_parts
from sync.central.forms.pictures import MOST_PIXELS, SIDE, NotAPicture, made_anew
from sync.central.forms.words import WORDS
from sync.central.residents.tables import undertaking
from sync.central.words import LANGUAGES
from tests.sync.central.enrolling import Device, enrol, now_us
from tests.sync.central.forms.links import token_of
from tests.sync.central.forms.phones import GUEST, Phone, forms_server, said
from tests.sync.central.residents.homes import MANAGER, Gate
from tests.sync.central.serving import WAIT_S, Running
from tests.sync.central.vaults import vault_in

VISITS = iter(range(0xC000, 0xD000))
WORKER = {**GUEST, "visitor": "renovation"}
HIDDEN = b"gps: where the photographer lives"


def picture(kind: str = "JPEG", size: tuple[int, int] = (320, 240), **more: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)).save(out, kind, **more)
    return out.getvalue()


def telling() -> bytes:
    """A photograph with more in its file than can be seen."""
    exif = Image.Exif()
    exif[0x9286] = HIDDEN
    exif[0x0112] = 6  # to be turned by a quarter
    return picture(exif=exif.tobytes(), comment=HIDDEN) + HIDDEN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("letters")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with forms_server(folder) as found:
        filings = Filings(found.engine, vault_in(folder))
        ends = now_us() + 86_400_000_000
        for unit, state in (("12-301", Filing.NO_UNDERTAKING), ("12-302", Filing.FILED)):
            works = FiledWorks(unit=unit, company="Builders", state=state, until_us=ends)
            filings.record("riverside", works, MANAGER, now_us())
        yield found


@pytest.fixture(scope="module")
def device(running: Running) -> Device:
    return enrol(running.engine)


@pytest.fixture(scope="module")
def gate(running: Running, device: Device, folder: Path) -> Gate:
    return Gate(running, device, folder)


def sent(running: Running, device: Device, language: str = "en", **typed: str) -> tuple[VisitId, requests.Response]:
    visit = VisitId(f"{next(VISITS):016x}")
    return visit, Phone(running, language).send(token_of(device, visit), {**WORKER, **typed})


def upload(page: requests.Response, data: bytes, language: str = "en", **fields: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        files = {"letter": ("letter.jpg", data, "image/jpeg")} if data or not fields else {"x": ("", b"")}
        url = page.url.partition("?")[0]
        return session.post(f"{url}?lang={language}", fields, files=files, timeout=WAIT_S)


def stored(running: Running, visit: VisitId) -> list[bytes]:
    with running.engine.connect() as connection:
        found = connection.execute(select(undertaking.c.sealed).where(undertaking.c.visit == visit))
        return list(found.scalars())


def heard(gate: Gate, visit: VisitId) -> list[Filing | None]:
    return [one.filing for one in gate.hear(2) if isinstance(one, FormFilled) and one.visit == visit]


@pytest.mark.parametrize(("unit", "filing"), [("12-302", Filing.FILED), ("77-777", Filing.NOT_FILED)])
def test_a_letter_is_asked_for_only_where_it_is_all_that_is_missing(
    running: Running, device: Device, gate: Gate, unit: str, filing: Filing
) -> None:
    visit, page = sent(running, device, unit=unit)
    assert WORDS["en"]["letter"]["title"] not in said(page)
    assert heard(gate, visit) == [filing]


def test_a_photograph_of_the_letter_is_kept_sealed_and_moves_the_gate_on(
    running: Running, device: Device, gate: Gate, folder: Path
) -> None:
    visit, page = sent(running, device, "ja")
    assert WORDS["ja"]["letter"]["title"] in said(page)
    assert heard(gate, visit) == []
    after = upload(page, telling(), "ja")
    assert after.status_code == 200
    assert WORDS["ja"]["letter"]["title"] not in said(after)
    assert heard(gate, visit) == [Filing.FILED]
    (sealed,) = stored(running, visit)
    kept = vault_in(folder).unseal("riverside", sealed)
    assert Image.open(io.BytesIO(kept)).size == (240, 320)
    assert HIDDEN not in kept
    assert upload(page, picture()).status_code == 200
    assert len(stored(running, visit)) == 1


def test_whoever_has_no_letter_says_so_and_the_guard_decides(running: Running, device: Device, gate: Gate) -> None:
    visit, page = sent(running, device)
    assert upload(page, b"", none="1").status_code == 200
    assert heard(gate, visit) == [Filing.NO_UNDERTAKING]
    assert stored(running, visit) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"%PDF-1.7 a letter", 422, "no_picture"),
        (b"<svg onload='alert(1)'/>", 422, "no_picture"),
        (picture()[:2000], 422, "no_picture"),
        (picture("GIF"), 422, "no_picture"),
        (b"", 422, "no_file"),
        (b"\xff\xd8" + bytes(11 * 1024 * 1024), 413, "too_large"),
    ],
    ids=["pdf", "script", "cut-short", "gif", "none", "eleven-megabytes"],
)
def test_what_is_no_photograph_is_said_so_beside_the_field_and_not_kept(
    running: Running, device: Device, language: str, data: bytes, status: int, code: str
) -> None:
    visit, page = sent(running, device, language)
    answer = upload(page, data, language)
    assert answer.status_code == status
    assert WORDS[language]["letter"][code] in said(answer)
    assert stored(running, visit) == []


def test_a_letter_by_somebody_else_is_not_taken(running: Running, device: Device) -> None:
    visit, page = sent(running, device)
    other = requests.Response()
    other.url = page.url.partition("?")[0][:-1] + ("0" if page.url.partition("?")[0][-1] != "0" else "1")
    assert upload(other, picture()).status_code == 410
    assert stored(running, visit) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_can_be_seen_survives_and_nothing_else(kind: str) -> None:
    notes = PngInfo()
    notes.add_text("comment", HIDDEN.decode())
    data = picture(kind, pnginfo=notes) if kind == "PNG" else picture(kind, exif=b"Exif\0\0" + HIDDEN)
    made = made_anew(data + HIDDEN)
    found = Image.open(io.BytesIO(made))
    assert (found.format, found.size, found.mode) == ("JPEG", (320, 240), "RGB")
    assert HIDDEN not in made
    assert not set(found.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


def test_a_large_picture_is_made_smaller_and_one_that_cannot_be_is_not_decoded() -> None:
    assert max(Image.open(io.BytesIO(made_anew(picture(size=(3000, 1200))))).size) == SIDE
    side = int(MOST_PIXELS**0.5) + 1
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    with pytest.raises(NotAPicture):
        made_anew(out.getvalue())


@given(st.binary(max_size=200), st.integers(0, 400), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_a_damaged_picture_is_refused_or_shown_and_never_an_accident(junk: bytes, at: int, kind: str) -> None:
    whole = picture(kind, (40, 30))
    try:
        made_anew(whole[:at] + junk + whole[at + len(junk) :])
    except NotAPicture:
        return


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_is_not(body: bytes) -> None:
    try:
        read_parts("multipart/form-data; boundary=b", b"--b\r\n" + body)
    except NotParts:
        return


def test_a_form_of_many_parts_or_of_no_kind_is_refused() -> None:
    many = b"".join(b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' for _ in range(20)) + b"--b--\r\n"
    for kind in ("multipart/form-data; boundary=b", "text/plain", "multipart/form-data", ""):
        with pytest.raises(NotParts):
            read_parts(kind, many)
