"""`gatepost verify`, as a user calls it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import pytest

from kiosk.bench.specimens import NOW, card, card_signer, dcc, dose, ec_document_signer, parts
from tests.command_line import gatepost_bytes
from tests.drivers.pictured import drawn

SIGNER, CARDS = ec_document_signer(), card_signer()
TEXT = SIGNER.text(dcc())
AT = NOW.isoformat()


def verify(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return gatepost_bytes("verify", *arguments, given=given)


def lines(run: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert run.returncode in (0, 1), run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture
def trust(tmp_path: Path) -> list[str]:
    certificate, keys = tmp_path / "signer.der", tmp_path / "keys.json"
    certificate.write_bytes(SIGNER.certificate)
    keys.write_text(json.dumps({"keys": [dict(CARDS.jwk)]}), encoding="utf-8")
    return ["--trust", str(certificate), "--trust", str(keys)]


def test_a_valid_certificate_is_one_line_and_status_0(trust: list[str]) -> None:
    run = verify("--text", TEXT, "--at", AT, *trust)
    assert run.returncode == 0
    assert lines(run) == [
        {
            "kind": "dcc",
            "verdict": "valid",
            "issuer": "AT",
            "holder": {"family": "MUSTERFRAU GOESSINGER", "given": "GABRIELE", "birth_date": "1998-02-26", "masked_id": None},
            "facts": {
                "expires_at": "2021-06-02T12:00:00+00:00",
                "findings": [{"kind": "vaccination", "on": "2021-05-18", "days": 14, "in_force": True}],
            },
            "detail": "",
        }
    ]


def test_several_files_may_follow_one_trust(trust: list[str]) -> None:
    run = verify("--text", TEXT, "--at", AT, "--trust", trust[3], trust[1])
    assert lines(run)[0]["verdict"] == "valid"


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2021-06-01T12:00:00Z", "valid"),
        ("2021-06-01T12:00:00", "valid"),
        ("2021-06-01T12:00:00.1234567+00:00", "valid"),
        ("2021-06-02T13:59:59+0200", "valid"),
        ("2021-06-02T14:00:01+02:00", "expired"),
        ("2021-06-01", "not_yet_valid"),
    ],
)
def test_the_moment_is_that_of_the_argument(trust: list[str], at: str, verdict: str) -> None:
    run = verify("--text", TEXT, "--at", at, *trust)
    assert lines(run)[0]["verdict"] == verdict
    assert run.returncode == (0 if verdict == "valid" else 1)


def test_without_a_trust_file_nobody_is_trusted() -> None:
    run = verify("--text", TEXT, "--at", AT)
    assert run.returncode == 1
    (line,) = lines(run)
    assert (line["verdict"], line["holder"], line["facts"]) == ("untrusted_issuer", None, {})


def test_each_line_of_standard_input_gets_one(trust: list[str]) -> None:
    doses = [dose("2021-01-01", lotNumber=f"{number * 7919 % 10**9:x}{number**9:x}") for number in range(40)]
    first, *others = parts(CARDS.jws(card(*doses)))
    given = "\r\n".join([TEXT, "", first, *others, "HC1:ABC", "A" * 3_000_000, " " + TEXT]).encode() + b"\n\xff\xfe\n"
    found = lines(run := verify("--stdin", "--at", AT, *trust, given=given))
    assert run.returncode == 1
    assert [(line["kind"], line["verdict"]) for line in found] == [
        ("dcc", "valid"),
        ("unrecognised", "malformed"),
        *[("shc", "malformed")] * len(others),
        ("shc", "valid"),
        ("dcc", "malformed"),
        ("unrecognised", "malformed"),
        ("dcc", "valid"),
        ("unrecognised", "malformed"),
    ]
    assert "part 1 of" in found[2]["detail"]


def test_all_lines_valid_is_status_0(trust: list[str]) -> None:
    run = verify("--stdin", "--at", AT, *trust, given=f"{TEXT}\n{CARDS.text(card())}".encode())
    assert run.returncode == 0
    assert [line["kind"] for line in lines(run)] == ["dcc", "shc"]


def test_a_picture_is_decoded_first(trust: list[str], tmp_path: Path) -> None:
    picture = tmp_path / "code.png"
    cv2.imwrite(str(picture), drawn(TEXT))
    assert lines(verify("--image", str(picture), "--at", AT, *trust))[0]["verdict"] == "valid"
    cv2.imwrite(str(picture), drawn(TEXT)[:50])
    run = verify("--image", str(picture), "--at", AT, *trust)
    assert run.returncode == 1
    assert [line["verdict"] for line in lines(run)] == ["malformed"]


def test_a_code_that_only_its_issuer_can_read_is_unsupported(tmp_path: Path) -> None:
    service = {"id": "city", "kind": "health_token", "prefixes": ["HCODE:"], "map": {}}
    own = tmp_path / "own.json"
    tree = {"schema": 1, "id": "list", "issued_at": "2021-05-01T00:00:00Z", "issuers": [service]}
    own.write_text(json.dumps(tree), encoding="utf-8")
    (line,) = lines(verify("--text", "HCODE:abc", "--trust", str(own)))
    assert (line["kind"], line["verdict"], line["issuer"]) == ("health_token", "unsupported", "city")
    assert "abc" not in json.dumps(line)


MISTAKES: dict[str, tuple[list[str], str]] = {
    "nothing to check": ([], "name one of --text, --image and --stdin"),
    "two things to check": (["--text", "x", "--stdin"], "name one of"),
    "no moment": (["--text", "x", "--at", "noon"], "--at noon: is no date"),
    "no trust file": (["--text", "x", "--trust", "missing.pem"], "missing.pem: cannot be read"),
    "a folder to trust": (["--text", "x", "--trust", "/"], "/: cannot be read"),
    "a file that says nothing": (["--text", "x", "--trust", "/dev/null"], "neither a certificate nor JSON"),
    "a file without end": (["--text", "x", "--trust", "/dev/zero"], "too large for a trust list"),
    "no picture": (["--image", "missing.png"], "missing.png"),
    "an unknown option": (["--txt", "x"], "--txt"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_bad_usage_is_one_sentence_and_status_2(mistake: str) -> None:
    arguments, words = MISTAKES[mistake]
    run = verify(*arguments)
    assert run.returncode == 2, run.stderr
    assert run.stderr.startswith(b"gatepost: ")
    assert len(run.stderr.strip().splitlines()) == 1
    assert words in run.stderr.decode()
    assert run.stdout == b""
