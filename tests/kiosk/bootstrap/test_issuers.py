"""Which issuers are asked, and where."""

from kiosk.bootstrap.issuers import Gateways
from kiosk.credentials import TrustList
from kiosk.credentials.signers import TokenIssuer
from kiosk.evidence import HealthStatus

CITY = TokenIssuer("city", frozenset({"code.example"}), frozenset(), "t", {"1": HealthStatus.GREEN})
OTHERWISE = TokenIssuer("city", frozenset({"code.example"}), frozenset(), "t", {"1": HealthStatus.RED})
TOWN = TokenIssuer("town", frozenset({"town.example"}), frozenset(), "t", {})
ADDRESSES = {"city": "http://127.0.0.1:9/ask"}


def test_only_an_issuer_with_a_configured_address_is_asked() -> None:
    gateways = Gateways(ADDRESSES, lambda: 0.0)
    try:
        assert set(gateways.of(TrustList(token_issuers=(CITY, TOWN)))) == {"city"}
    finally:
        gateways.close()


def test_an_issuer_that_a_new_list_leaves_as_it_was_keeps_what_is_known_of_it() -> None:
    gateways = Gateways(ADDRESSES, lambda: 0.0)
    try:
        first, again, changed = (gateways.of(TrustList(token_issuers=(one,)))["city"] for one in (CITY, CITY, OTHERWISE))
        assert first is again
        assert changed is not first
    finally:
        gateways.close()
