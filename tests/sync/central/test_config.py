import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.errors import UsageError
from sync.central.config import (
    CentralConfig,
    FormsSection,
    MailSection,
    PassesSection,
    ResidentsSection,
    ServerSection,
    TlsSection,
    VaultSection,
    load,
)

SHOWN = re.compile(r"# (?:\w+ = |\[\w+\])")
EXAMPLE = Path(__file__).parents[3] / "deploy" / "central.example.toml"


def in_folder(config: CentralConfig, folder: Path) -> CentralConfig:
    """As it is read from a file in this folder."""
    vault, tls, pass_key = config.vault.file, config.tls, config.forms.pass_key
    return replace(
        config,
        database=replace(config.database, url=f"sqlite:///{folder}/central.sqlite"),
        documents=replace(config.documents, key=f"{folder}/document-key"),
        vault=replace(config.vault, file=vault and f"{folder}/{vault}"),
        tls=tls and replace(tls, folder=f"{folder}/{tls.folder}"),
        forms=replace(config.forms, pass_key=pass_key and f"{folder}/{pass_key}"),
        passes=replace(config.passes, key=config.passes.key and f"{folder}/{config.passes.key}"),
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "central.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_a_whole_configuration_for_loopback(tmp_path: Path) -> None:
    config = load(written(tmp_path, ""))
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8080)
    assert config.simulation.allowed is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server", "is not TOML"),
        ("[servant]\n", "'servant'"),
        ("[server]\nhots = 'x'\n", "[server] has no key 'hots'"),
        ("[server]\nport = 'x'\n", "[server] port"),
        ("[server]\nport = -1\n", "[server] port"),
        ("[server]\nport = 65536\n", "[server] port"),
        ("[server]\nport = true\n", "[server] port"),
        ("[server]\nhost = ''\n", "[server] host"),
        ("[server]\nhost = 7\n", "[server] host"),
        ("[database]\nurl = 7\n", "[database] url"),
        ("[database]\npath = 'x'\n", "[database] has no key 'path'"),
        ("[simulation]\nallowed = 'yes'\n", "[simulation] allowed"),
        ("server = 3\n", "[server]"),
        ("[vault]\npassphrase = 'sesame'\n", "[vault] passphrase"),
        ("[vault]\nfile = ''\n", "[vault] file"),
        ("[server]\nhost = '0.0.0.0'\n", "[server] host = '0.0.0.0' is beyond loopback without TLS"),
        ("[tls]\nfolder = 'x'\n", "[tls] must have the key 'names'"),
        ("[tls]\nnames = []\n", "[tls] names"),
        ("[tls]\nnames = ['https://gatepost.example']\n", "[tls] names"),
        ("[retention]\ndays = 0\n", "[retention] days"),
        ("[retention.compounds]\nriverside = 0\n", "[retention] compounds"),
    ],
)
def test_a_bad_configuration_is_one_sentence_that_names_the_place(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[tls]\nnames = ['gatepost.example', '2001:db8::7']\n", ""])
def test_beyond_loopback_it_takes_tls_or_the_word_for_it(tmp_path: Path, text: str) -> None:
    word = "" if text else "insecure = true\n"
    assert load(written(tmp_path, f"[server]\nhost = '0.0.0.0'\n{word}{text}")).server.host == "0.0.0.0"


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_the_example_is_valid_and_shows_every_key_with_its_default(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert load(EXAMPLE) == in_folder(CentralConfig(), EXAMPLE.parent)
    # With every value uncommented it still says the same: what it shows are the defaults, or what some may want.
    shown = [line.removeprefix("# ") if SHOWN.match(line) else line for line in text.splitlines()]
    wanted = CentralConfig(
        server=ServerSection(metrics_port=9465),
        tls=TlsSection(names=["gatepost.example", "192.0.2.7"]),
        vault=VaultSection(file="vault"),
        forms=FormsSection(pass_key="pass-key"),
        passes=PassesSection(key="passes.pem"),
        residents=ResidentsSection(url="https://gatepost.example"),
        mail=MailSection(
            host="mail.example", sender="gate@gatepost.example", user="gatepost", password="credential:gatepost-mail"
        ),
    )
    assert load(written(tmp_path, "\n".join(shown))) == in_folder(wanted, tmp_path)
    for section in CentralConfig.__struct_fields__:
        assert f"[{section}]" in text
        for key in getattr(wanted, section).__struct_fields__:
            assert f"# {key} = " in text, key


def test_every_path_counts_from_the_files_folder_wherever_a_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = written(
        tmp_path,
        "[database]\nurl = 'sqlite:///data/central.sqlite'\n[vault]\nfile = 'vault'\npassphrase = 'file:secret'\n"
        "[documents]\nkey = 'keys/documents'\n[tls]\nnames = ['x']\nfolder = 'ca'\n[forms]\npass_key = 'pass'\n",
    )
    monkeypatch.chdir(elsewhere)
    for found in (load(path), load(Path("../central.toml"))):
        paths = (
            found.database.url.removeprefix("sqlite:///"),
            found.vault.file,
            found.vault.passphrase.removeprefix("file:"),
        )
        keys = (found.documents.key, found.tls and found.tls.folder, found.forms.pass_key)
        assert [Path(str(one)).resolve().relative_to(tmp_path).as_posix() for one in (*paths, *keys)] == [
            "data/central.sqlite",
            "vault",
            "secret",
            "keys/documents",
            "ca",
            "pass",
        ]


@pytest.mark.parametrize(
    "url", ["postgresql://who@host/gatepost", "sqlite:////var/lib/central.sqlite", "sqlite://", "sqlite:///:memory:", "x"]
)
def test_an_address_that_is_no_relative_path_stays_as_it_is(tmp_path: Path, url: str) -> None:
    assert load(written(tmp_path, f"[database]\nurl = '{url}'\n")).database.url == url


def test_a_compound_may_keep_less_long_than_the_others(tmp_path: Path) -> None:
    retention = load(written(tmp_path, "[retention]\ndays = 60\ncompounds = { riverside = 14 }\n")).retention
    assert (retention.days_of("riverside"), retention.days_of("lakeside")) == (14, 60)
