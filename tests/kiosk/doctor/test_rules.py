"""The rules' and the trust lists' examination, of documents as people write them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.bench.specimens import card_signer, ec_document_signer
from kiosk.bootstrap.documents import load_policy, load_trust
from kiosk.credentials import TrustList
from kiosk.doctor import rules
from kiosk.doctor.findings import Finding, PartName, State
from kiosk.doctor.rules import UNREAD
from kiosk.model import ClockState, Need
from kiosk.staleness import Kind
from tests.kiosk.fakes import FakeClock

KEY = base64.b64encode(Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()).decode()
PASSES: dict[str, Any] = {"kind": "pass", "id": "passes", "key": KEY, "compounds": ["riverside"], "visitors": ["guest"]}
CODES: dict[str, Any] = {"kind": "health_token", "id": "city", "hosts": ["health.example"], "map": {"00": "green"}}
OPEN_ENDED = """
schema = 1
id = "open"
version = 1
title = { zh = "门", en = "Gate", ja = "門", ko = "문" }
[[rule]]
id = "fever"
when = { temperature_at_least = 37.3 }
then = "hold"
reason = "temperature_high"
[[rule]]
id = "all"
when = { always = true }
then = "admit"
reason = "all"
"""


class Folder:
    """A configuration's folder with its documents."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()

    def trust(self, *issuers: dict[str, Any], issued: str = "2026-11-20T00:00:00Z", name: str = "trust.json") -> str:
        document = {"schema": 1, "id": name.removesuffix(".json"), "issued_at": issued, "issuers": issuers}
        (self.path / name).write_text(json.dumps(document), encoding="utf-8")
        return name

    def examined(self, policy: str = "shipped:response-level-2", trust: tuple[str, ...] = ()) -> dict[PartName, Finding]:
        read = rules.read(lambda: load_policy(policy, self.path), lambda: load_trust(list(trust), self.path, "riverside"))
        return {one.part: one for one in rules.examine(read, "riverside", self.clock)}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_good_documents_are_fit_and_counted(folder: Folder) -> None:
    found = folder.examined(trust=(folder.trust(PASSES, CODES),))
    assert [one.state for one in found.values()] == [State.FIT, State.FIT]
    assert found[PartName.POLICY].measured["policy"] == "response-level-2@1"
    assert found[PartName.TRUST].measured == {
        "lists": 1,
        "documents": ["trust"],
        "pass_keys": 1,
        "health_services": 1,
        "signers": 0,
        "card_keys": 0,
        "revoked": 0,
        "age_days": 4.5,
        "came_down": False,
    }


def test_certificates_and_key_sets_are_counted_and_have_no_date(folder: Folder) -> None:
    (folder.path / "signer.der").write_bytes(ec_document_signer().certificate)
    (folder.path / "keys.json").write_text(json.dumps({"keys": [dict(card_signer().jwk)]}), encoding="utf-8")
    found = folder.examined(trust=(folder.trust(PASSES), "signer.der", "keys.json"))[PartName.TRUST]
    assert found.state is State.FIT
    assert {"lists": 3, "signers": 1, "card_keys": 1, "age_days": 4.5}.items() <= found.measured.items()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("nowhere.toml", "cannot be read: No such file"),
        ("shipped:nowhere", "no such document is shipped"),
        ("bad.toml", "is not TOML"),
    ],
    ids=["missing", "not-shipped", "bad"],
)
def test_a_policy_that_cannot_be_used_is_unfit(folder: Folder, policy: str, said: str) -> None:
    (folder.path / "bad.toml").write_text("schema = [", encoding="utf-8")
    found = folder.examined(policy)[PartName.POLICY]
    assert found.state is State.UNFIT
    assert said in found.detail
    assert "does not start" in found.advice


def test_a_policy_that_admits_unchecked_while_a_part_is_lost_is_unfit(folder: Folder) -> None:
    (folder.path / "open.toml").write_text(OPEN_ENDED, encoding="utf-8")
    found = folder.examined("open.toml")[PartName.POLICY]
    assert found.state is State.UNFIT
    assert "rule 'all' admits unchecked" in found.detail
    assert found.measured["open_ends"] == 1


def test_a_policy_outside_its_dates_is_unfit(folder: Folder) -> None:
    found = folder.examined("shipped:response-level-1")[PartName.POLICY]
    assert found.state is State.UNFIT
    assert "is not in force now" in found.detail


@pytest.mark.parametrize(
    ("issuers", "issued", "state", "said", "advised"),
    [
        ([PASSES], "2026-10-01T00:00:00Z", State.FIT, "issued 54 days ago", "newest list"),
        ([PASSES], "2026-12-24T00:00:00Z", State.FIT, "issued in the future", "clock"),
        ([CODES], "2026-11-20T00:00:00Z", State.UNFIT, "no key in it may sign passes for riverside", "names this compound"),
        (
            [{**PASSES, "compounds": ["elsewhere"]}],
            "2026-11-20T00:00:00Z",
            State.UNFIT,
            "0 keys for passes",
            "names this compound",
        ),
        ([{**PASSES, "key": "AAAA"}], "2026-11-20T00:00:00Z", State.UNFIT, "key must be an Ed25519", "does not start"),
    ],
    ids=["old", "future", "no-pass-key", "another-compounds", "bad-key"],
)
def test_a_trust_list_is_judged_by_its_keys_and_its_age(
    folder: Folder, issuers: list[dict[str, Any]], issued: str, state: State, said: str, advised: str
) -> None:
    found = folder.examined(trust=(folder.trust(*issuers, issued=issued),))[PartName.TRUST]
    assert found.state is state
    assert said in found.detail
    assert advised in found.advice


def test_without_a_date_nobody_says_how_old_a_list_is(folder: Folder) -> None:
    folder.clock.trusted = ClockState.NEVER_SET
    found = folder.examined(trust=(folder.trust(PASSES, issued="2020-01-01T00:00:00Z"),))[PartName.TRUST]
    assert (found.state, found.measured["age_days"], found.advice) == (State.FIT, None, "")


def test_a_missing_trust_list_is_unfit_with_its_name(folder: Folder) -> None:
    found = folder.examined(trust=("gone.json",))[PartName.TRUST]
    assert found.state is State.UNFIT
    assert "gone.json: the trust list cannot be read" in found.detail


@pytest.mark.parametrize(("asks", "in_order"), [(True, False), (False, True)], ids=["asked-for", "not-asked-for"])
def test_no_trust_list_matters_where_the_policy_asks_for_codes(folder: Folder, asks: bool, in_order: bool) -> None:
    (folder.path / "open.toml").write_text(OPEN_ENDED, encoding="utf-8")
    found = folder.examined("shipped:normal-times" if asks else "open.toml")[PartName.TRUST]
    assert (found.state, found.in_order, bool(found.advice)) == (State.ABSENT, in_order, asks)


def test_the_rules_say_what_they_need(folder: Folder) -> None:
    (folder.path / "open.toml").write_text(OPEN_ENDED, encoding="utf-8")
    read = rules.read(lambda: load_policy("open.toml", folder.path), lambda: load_trust([], folder.path, "riverside"))
    assert read.needs == {Need.TEMPERATURE}
    assert UNREAD.needs == frozenset()


def test_what_came_down_is_examined_in_the_place_of_the_configurations() -> None:
    strict = load_policy("shipped:response-level-2", Path())
    read = rules.read(lambda: load_policy("shipped:normal-times", Path()), TrustList, lambda: {Kind.POLICY: strict})
    policy, trust = rules.examine(read, "riverside", FakeClock())
    assert (policy.state, policy.measured["policy"], policy.measured["came_down"]) == (State.FIT, strict.name, True)
    assert Need.TEMPERATURE in read.needs
    assert trust.measured == {"lists": 0}


def test_a_configuration_without_a_policy_is_unfit_whatever_came_down() -> None:
    strict = load_policy("shipped:response-level-2", Path())
    read = rules.read(lambda: load_policy("gone.toml", Path()), TrustList, lambda: {Kind.POLICY: strict})
    assert next(rules.examine(read, "riverside", FakeClock())).state is State.UNFIT


def test_documents_that_do_not_come_are_unknown(folder: Folder) -> None:
    found = list(rules.examine(UNREAD, "riverside", folder.clock))
    assert [(one.part, one.state) for one in found] == [
        (PartName.POLICY, State.UNKNOWN),
        (PartName.TRUST, State.UNKNOWN),
    ]
