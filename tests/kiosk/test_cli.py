"""The command line, as a user calls it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.command_line import gatepost

GOOD = '[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n'


def sentence(run: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of bad usage."""
    assert run.returncode == 2, run.stderr
    assert run.stderr.startswith("gatepost: ")
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    return run.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "[camera]\nfpz = 3\n", "[camera] has no key 'fpz'"),
        (GOOD + "[kamera]\n", "'kamera'"),
        ('[gate]\ncompound = "a"\n[policy]\nfile = "x"\n', "[gate] must have the key 'device'"),
        (GOOD + 'trust = ["missing.json"]\n', "the trust list cannot be read"),
        (GOOD + 'trust = ["bad.json"]\n', "neither a certificate nor JSON"),
        (GOOD + 'issuers = { nobody = "http://127.0.0.1:1" }\n', "no trust list names nobody"),
        (GOOD.replace("normal-times", "no-such"), "no such document is shipped"),
        (GOOD.replace("shipped:normal-times", "bad.toml"), "bad.toml"),
    ],
    ids=[
        "unknown-key",
        "unknown-section",
        "missing-key",
        "trust-missing",
        "trust-bad",
        "issuer",
        "policy",
        "rules",
    ],
)
def test_a_bad_configuration_is_one_sentence_and_status_2(tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(text.replace("[gate]\n", f'[gate]\nrun_dir = "{tmp_path}/run"\n', 1), encoding="utf-8")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "bad.toml").write_text("schema = 2\n", encoding="utf-8")
    assert words in sentence(gatepost("kiosk", "--config", str(config), "--part", "core"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--scenario", "nonsense"], "there is no scenario 'nonsense'"),
        (["demo", "--visitors", "0"], "--visitors"),
        (["demo", "--report", "/nowhere/at/all/r.json"], "there is no folder"),
        (["demo", "--cpu-scale", "0.5"], "--cpu-scale"),
        (["bench", "clear", "--scenario", "nonsense"], "there is no scenario 'nonsense'"),
        (["bench", "clear", "--plot", "/nowhere/at/all/c.png"], "there is no folder"),
        (["bench", "startup", "--report", "/nowhere/at/all/r.json"], "there is no folder"),
        (["bench", "memory", "--visitors", "0"], "--visitors"),
        (["soak", "--minutes", "0"], "--minutes"),
        (["soak", "--report", "/nowhere/at/all/r.json"], "there is no folder"),
        (["kiosk", "--config", "nowhere.toml"], "nowhere.toml"),
        (["kiosk", "--config", "x.toml", "--part", "legs"], "--part"),
        (["fly"], "fly"),
        (["world", "--script", "nowhere.json", "--socket", "w.sock"], "nowhere.json"),
        (["issuer", "--table", "nowhere.json"], "nowhere.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_sentence_and_status_2(arguments: list[str], words: str) -> None:
    assert words in sentence(gatepost(*arguments))


def test_decoding_answers_for_every_file_in_order(tmp_path: Path) -> None:
    import segno

    good = tmp_path / "good.png"
    segno.make_qr("héllo 门岗通", encoding="utf-8").save(str(good), scale=6)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"not a picture")
    run = gatepost("decode", str(good), str(bad), str(tmp_path / "absent.png"))
    assert (run.returncode, run.stderr) == (1, "")
    assert gatepost("decode", str(good)).returncode == 0
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(good), str(bad), str(tmp_path / "absent.png")]
    assert lines[0]["codes"][0]["text"] == "héllo 门岗通"
    assert bytes.fromhex(lines[0]["codes"][0]["bytes_hex"]).decode() == "héllo 门岗通"
    assert lines[0]["ms"] > 0
    assert "error" not in lines[0]
    for line in lines[1:]:
        assert line["codes"] == []
        assert line["error"]
