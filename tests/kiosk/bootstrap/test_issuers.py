"""Which issuers are asked, and where."""

import subprocess
import sys

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


def test_a_gate_is_ready_before_what_speaks_http_is_loaded() -> None:
    program = (
        "import sys\n"
        "from tests.kiosk.bootstrap.test_issuers import ADDRESSES, CITY\n"
        "from kiosk.bootstrap.issuers import Gateways\n"
        "from kiosk.credentials import TrustList\n"
        "Gateways(ADDRESSES, lambda: 0.0).of(TrustList(token_issuers=(CITY,)))\n"
        "sys.exit('requests' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
