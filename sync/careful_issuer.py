"""A gateway to an issuer that is asked with care.

What it answered is kept for as long as it said, a question is repeated within its deadline and a budget, and a service
that does not answer is left alone for a while.
"""

from collections import OrderedDict
from collections.abc import Callable

from kiosk.errors import ServiceRefused, ServiceUnavailable
from kiosk.evidence import HealthStatus, IssuerAnswer
from kiosk.ports import HealthIssuer
from kiosk.units import Seconds
from sync.breaker import Breaker, RetryBudget

WORTHWHILE_S = 0.3
"""With less time left than this a question is not repeated."""
KEPT_AT_MOST = 256
VALID_AT_MOST_S = 600.0
"""However long an issuer says that its answer holds: the next one may be another colour."""


class CarefulIssuer:
    """A kiosk.ports.HealthIssuer around another. Belongs to the one thread that asks."""

    def __init__(self, issuer: HealthIssuer, monotonic: Callable[[], float]) -> None:
        self._issuer = issuer
        self._monotonic = monotonic
        self._breaker = Breaker(monotonic)
        self._budget = RetryBudget()
        self._kept: OrderedDict[str, tuple[IssuerAnswer, float]] = OrderedDict()

    def resolve(self, token: str, timeout_s: Seconds) -> IssuerAnswer:
        """Return what the issuer answers, or answered while that still holds. Raises ServiceUnavailable."""
        now = self._monotonic()
        kept = self._kept.get(token)
        if kept is not None and now < kept[1]:
            return kept[0]
        if not self._breaker.allows():
            raise ServiceUnavailable("the health-code issuer has not answered lately and is left alone for a while")
        self._budget.asked()
        try:
            answer = self._ask(token, now + timeout_s)
        except ServiceUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        self._keep(token, answer)
        return answer

    def _ask(self, token: str, deadline: float) -> IssuerAnswer:
        try:
            return self._issuer.resolve(token, Seconds(deadline - self._monotonic()))
        except ServiceRefused:
            raise
        except ServiceUnavailable:
            left_s = deadline - self._monotonic()
            if left_s < WORTHWHILE_S or not self._budget.take():
                raise
        return self._issuer.resolve(token, Seconds(left_s))

    def _keep(self, token: str, answer: IssuerAnswer) -> None:
        self._kept.pop(token, None)
        # What was not understood is asked again: it may be known to the issuer a moment later.
        if answer.valid_s is None or answer.status is HealthStatus.UNKNOWN:
            return
        self._kept[token] = answer, self._monotonic() + min(answer.valid_s, VALID_AT_MOST_S)
        if len(self._kept) > KEPT_AT_MOST:
            self._kept.popitem(last=False)
