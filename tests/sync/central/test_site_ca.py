"""The site CA and the server's certificate: made once, good for strict clients, renewed in time."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from kiosk.errors import UsageError
from sync.central.site_ca import CA_FOR, LEAF_FOR, RENEW_BEFORE, SiteCA
from tests.sync.central.kiosks import NOON_US

NAMES = ["gatepost.example", "192.0.2.7", "2001:db8::7"]


def us(after: timedelta) -> int:
    return NOON_US + int(after.total_seconds()) * 1_000_000


def leaf_of(ca: SiteCA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.chain.read_bytes())


def test_both_are_made_and_an_independent_verifier_accepts_them(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path / "tls")
    assert ca.prepare(NAMES, NOON_US)
    authority = x509.load_pem_x509_certificate(ca.certificate.read_bytes())
    # Its rules are those of the web (CA/Browser Forum), stricter than OpenSSL's.
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName("gatepost.example"))
    assert len(verifier.verify(leaf_of(ca), [])) == 2
    named = leaf_of(ca).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["gatepost.example"]
    assert [str(one) for one in named.get_values_for_type(x509.IPAddress)] == NAMES[1:]


def test_a_clock_that_was_never_set_finds_both_valid(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    for one in x509.load_pem_x509_certificates(ca.chain.read_bytes()):
        assert one.not_valid_before_utc.timestamp() == 0


def test_private_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path / "tls")
    ca.prepare(NAMES, NOON_US)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in ca.folder.iterdir()} == dict.fromkeys(
        ("site-ca.key", "site-ca.pem", "server.key", "server.pem"), 0
    )


@pytest.mark.parametrize(
    ("after", "renewed"),
    [(timedelta(0), False), (LEAF_FOR - RENEW_BEFORE - timedelta(days=1), False), (LEAF_FOR - RENEW_BEFORE, True)],
)
def test_it_is_renewed_with_a_third_of_its_time_left_by_the_same_ca(tmp_path: Path, after: timedelta, renewed: bool) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    before, authority = leaf_of(ca), ca.certificate.read_bytes()
    assert ca.prepare(NAMES, us(after)) is renewed
    assert (leaf_of(ca) != before) is renewed
    assert ca.certificate.read_bytes() == authority


def test_other_names_and_a_key_that_does_not_fit_make_a_new_one(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    assert ca.prepare(["other.example"], NOON_US)
    assert not ca.prepare(["other.example"], NOON_US)
    stranger = SiteCA(tmp_path / "other")
    stranger.prepare(NAMES, NOON_US)
    ca.key.write_bytes(stranger.key.read_bytes())
    assert ca.prepare(["other.example"], NOON_US)
    ca.chain.write_bytes(stranger.chain.read_bytes())
    ca.key.write_bytes(stranger.key.read_bytes())
    assert ca.prepare(NAMES, NOON_US)


def test_near_its_end_the_ca_gives_what_time_it_has_and_does_so_once(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    late = us(CA_FOR - timedelta(days=10))
    assert ca.prepare(NAMES, late)
    assert not ca.prepare(NAMES, late)


def test_what_a_crash_left_is_made_good(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    ca.certificate.unlink()
    assert ca.prepare(NAMES, NOON_US)
    ca.key.unlink()
    assert ca.prepare(NAMES, NOON_US)
    assert not ca.prepare(NAMES, NOON_US)


def test_a_damaged_ca_is_one_sentence_and_is_not_replaced(tmp_path: Path) -> None:
    ca = SiteCA(tmp_path)
    ca.prepare(NAMES, NOON_US)
    ca.certificate.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(UsageError, match=r"\[tls\] folder"):
        ca.prepare(NAMES, NOON_US)
    with pytest.raises(UsageError, match="cannot be read"):
        SiteCA(tmp_path / "nowhere").public_key()
