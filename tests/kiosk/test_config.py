"""The configuration: what is wrong is said in one sentence."""

from pathlib import Path

import pytest

from kiosk import config
from kiosk.errors import UsageError

GOOD = '[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n'


def load(tmp_path: Path, text: str) -> config.Config:
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_the_least_configuration_has_real_devices(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD)
    assert (loaded.camera.source, loaded.thermometer.source, loaded.relay.source) == ("device:0", "i2c:1", "lgpio")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "[camera]\nfpz = 3\n", r"\[camera\] has no key 'fpz'; remove it or correct its name"),
        (GOOD + "[kamera]\nfps = 3\n", r"there is no section or key 'kamera'"),
        ('[gate]\ncompound = "a"\n[policy]\nfile = "x"\n', r"\[gate\] must have the key 'device'; add it"),
        ('[gate]\ncompound = "a"\ndevice = "b"\n', r"the section or key 'policy' is missing; add it"),
        (GOOD + "[camera]\nsymbologies = []\n", r"\[camera\] symbologies must be a list of at least 1 entries"),
        (
            GOOD + '[camera]\nsymbologies = ["pdf417"]\n',
            r"\[camera\] symbologies\[0\] must be aztec or data_matrix or",
        ),
        (GOOD + "[camera]\npower_line_hz = 55\n", r"\[camera\] power_line_hz must be 50 or 60"),
        (GOOD + "[camera]\nfps = 0\n", r"\[camera\] fps must be a whole number from 1 to 120"),
        (GOOD + '[camera]\nfps = "30"\n', r"\[camera\] fps must be a whole number from 1 to 120"),
        (GOOD + '[camera]\nsource = "usb"\n', r"\[camera\] source is none of device:N"),
        (GOOD + '[relay]\nsource = "simulated"\n', r"the section \[simulation\] must name its world"),
        (GOOD + "[camera\n", r"is not TOML"),
        (GOOD + "[relay]\npin = 40\n", r"\[relay\] pin must be a whole number from 0 to 27"),
        (GOOD + "[relay]\nlock_pin = 17\n", r"\[relay\] lock_pin is GPIO 17, and so is pin; give each"),
        (GOOD + '[screen]\nguard_phone = "ask Mr Li"\n', r"\[screen\] guard_phone must be a telephone number"),
        (GOOD + '[screen]\nguard_phone = "1\\u202e2345"\n', r"\[screen\] guard_phone must be a telephone number"),
        (GOOD + "[screen]\nguard_answers_s = 0\n", r"\[screen\] guard_answers_s must be a number from 5 to 100"),
        (
            GOOD + '[screen]\nform_url = "javascript:alert(1)"\n',
            r"\[screen\] form_url must be an address that begins with https://",
        ),
        (
            GOOD + '[screen]\nform_url = "https://x.example/?f="\n',
            r"\[screen\] form_url must be an address that begins with https://",
        ),
        (GOOD + '[screen]\nvolume = [["7:00", 80]]\n', r"\[screen\] volume\[0\]\[0\] must be a time of day such as 07:00"),
        (GOOD + '[screen]\nvolume = [["07:00", 101]]\n', r"\[screen\] volume\[0\]\[1\] must be a whole number from 0 to 100"),
        (GOOD + "[screen]\nvolume = []\n", r"\[screen\] volume must be a list of 1 to 24 entries"),
        (
            GOOD + '[screen]\nvolume = [["22:00", 30], ["07:00", 80]]\n',
            r"\[screen\] volume has 07:00 after 22:00; put its times in the order of the day",
        ),
        (
            GOOD + '[server]\nurl = "http://127.0.0.1"\nproxy = "http://proxy.example:3128"\n',
            r"\[server\] has a proxy and a url without TLS; write https://, or remove the proxy",
        ),
        (
            GOOD + '[server]\nurl = "https://gatepost.example"\nproxy = "proxy.example:3128"\n',
            r"\[server\] proxy .*such as http://proxy.example:3128",
        ),
    ],
    ids=str,
)
def test_a_mistake_is_one_sentence_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "kiosk.toml"))
    assert "\n" not in str(caught.value)


def test_an_issuers_gateway_is_asked_without_tls_on_this_machine_alone(tmp_path: Path) -> None:
    text = GOOD + '[policy.issuers]\ncity = "{}"\n'
    for address in ("https://gateway.example/ask", "http://127.0.0.1:8080/ask", "http://localhost/ask"):
        assert load(tmp_path, text.format(address)).policy.issuers == {"city": address}
    with pytest.raises(UsageError, match="the gateway of city is without TLS; write https"):
        load(tmp_path, text.format("http://gateway.example/ask"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: cannot be read: No such file"):
        config.load(tmp_path / "nowhere.toml")


def test_the_example_names_every_key_and_is_valid() -> None:
    example = Path(__file__).parents[2] / "deploy" / "kiosk.example.toml"
    loaded = config.load(example)
    text = example.read_text(encoding="utf-8")
    for section in config.Config.__struct_fields__:
        assert f"[{section}]" in text, f"the example lacks [{section}]"
        for key in config.SECTIONS[section].__struct_fields__:
            assert f"\n{key} = " in text or f"\n# {key} = " in text or f".{key}]" in text, f"lacks [{section}] {key}"
    assert loaded.simulation is None


@pytest.mark.parametrize("phone", ["110", "+86 21 5555 0100", "(021) 5555-0100"])
def test_a_guard_can_be_reached_under_any_usual_number(tmp_path: Path, phone: str) -> None:
    assert load(tmp_path, GOOD + f'[screen]\nguard_phone = "{phone}"\n').screen.guard_phone == phone


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("", None),
        ('[server]\nurl = "https://central.example"\n', "https://central.example/f/"),
        ('[server]\nurl = "https://central.example/"\n', "https://central.example/f/"),
        ('[screen]\nform_url = "https://forms.example/v"\n', "https://forms.example/v/"),
        ('[server]\nurl = "https://c.example"\n[screen]\nform_url = "https://forms.example/"\n', "https://forms.example/"),
    ],
    ids=["no server", "server", "server with slash", "own address", "own before the server's"],
)
def test_forms_are_where_the_server_is_unless_told_otherwise(tmp_path: Path, text: str, base: str | None) -> None:
    assert config.form_base(load(tmp_path, GOOD + text)) == base


def test_every_path_counts_from_the_files_folder_wherever_a_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    loaded = load(
        tmp_path,
        GOOD.replace("[policy]", 'run_dir = "run"\n[policy]')
        + '[camera]\nsource = "picture:code.png"\n[log]\npath = "log.sqlite"\n[server]\nenrolment_code = "file:code"\n'
        '[simulation]\nworld = "world.sock"\n',
    )
    assert loaded.simulation is not None
    assert (loaded.gate.run_dir, loaded.log.path) == (f"{tmp_path}/run", f"{tmp_path}/log.sqlite")
    assert (loaded.camera.source, loaded.simulation.world) == (f"picture:{tmp_path}/code.png", f"{tmp_path}/world.sock")
    assert loaded.server.enrolment_code == f"file:{tmp_path}/code"
