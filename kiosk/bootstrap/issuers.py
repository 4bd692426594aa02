"""The gateways to the services that answer for health codes, as the trust lists and the configuration name them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kiosk.credentials import TrustList
from kiosk.ports import HealthIssuer

if TYPE_CHECKING:
    from sync.issuer import HttpHealthIssuer


class Gateways:
    """Those of one core. A trust list that comes later may change how an issuer's answers are read."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """Take the addresses by the issuers' ids."""
        self._addresses = addresses
        self._opened: list[HttpHealthIssuer] = []

    def of(self, trust: TrustList) -> Mapping[str, HealthIssuer]:
        """Return the gateways of the issuers that a trust list names."""
        if not self._addresses:
            return {}
        # Only here: a kiosk that asks nobody shall not carry what asks.
        from sync.issuer import HttpHealthIssuer

        found: dict[str, HealthIssuer] = {}
        for issuer in trust.token_issuers:
            if (url := self._addresses.get(issuer.id)) is not None:
                gateway = HttpHealthIssuer(url, issuer.statuses)
                self._opened.append(gateway)
                found[issuer.id] = gateway
        return found

    def close(self) -> None:
        """Close every connection, also those of earlier lists. Idempotent."""
        while self._opened:
            self._opened.pop().close()
