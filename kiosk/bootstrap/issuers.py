"""The gateways to the services that answer for health codes, as the trust lists and the configuration name them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kiosk.credentials import TrustList
from kiosk.ports import HealthIssuer

if TYPE_CHECKING:
    from kiosk.credentials.signers import TokenIssuer
    from sync.careful_issuer import CarefulIssuer
    from sync.issuer import HttpHealthIssuer


class Gateways:
    """Those of one core. A trust list that comes later may change how an issuer's answers are read.

    An address comes from the configuration alone: nothing in a code, and nothing that comes down, is ever opened.
    """

    def __init__(self, addresses: Mapping[str, str], monotonic: Callable[[], float]) -> None:
        """Take the addresses by the issuers' ids."""
        self._addresses = addresses
        self._monotonic = monotonic
        self._known: dict[str, tuple[TokenIssuer, CarefulIssuer]] = {}
        self._opened: list[HttpHealthIssuer] = []

    def of(self, trust: TrustList) -> Mapping[str, HealthIssuer]:
        """Return the gateways of the issuers that a trust list names. One that has not changed remembers what it knows."""
        if not self._addresses:
            return {}
        # Only here: a kiosk that asks nobody shall not carry what asks.
        from sync.careful_issuer import CarefulIssuer
        from sync.issuer import HttpHealthIssuer

        found: dict[str, HealthIssuer] = {}
        for issuer in trust.token_issuers:
            if (url := self._addresses.get(issuer.id)) is None:
                continue
            known = self._known.get(issuer.id)
            if known is None or known[0] != issuer:
                gateway = HttpHealthIssuer(url, issuer.statuses, no_answer=issuer.no_answer)
                self._opened.append(gateway)
                known = self._known[issuer.id] = issuer, CarefulIssuer(gateway, self._monotonic)
            found[issuer.id] = known[1]
        return found

    def start(self) -> None:
        """Let the gateways that there are make ready for the first question."""
        for gateway in self._opened:
            gateway.start()

    def close(self) -> None:
        """Close every connection, also those of earlier lists. Idempotent."""
        while self._opened:
            self._opened.pop().close()
