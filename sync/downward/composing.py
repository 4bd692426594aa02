"""What a gate goes by, put together of the documents that count; where none came down, the configuration's. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from kiosk.credentials import TrustList
from kiosk.credentials.arrivals import Arrivals
from kiosk.credentials.issued import Issued
from kiosk.credentials.revocations import Revocations
from kiosk.in_force import InForce
from kiosk.policy import PolicyDocument
from kiosk.settings import Settings
from kiosk.staleness import Confirmed, Kind
from sync.downward.contents import Content
from sync.sealing import MonthSealer

Sort = TypeVar("Sort")


def composed(contents: Iterable[Content | None], configured: InForce, confirmed: Mapping[Kind, Confirmed | None]) -> InForce:
    """Return what is in force, given what the documents say, of each kind one at most."""
    said = [one for one in contents if one is not None]

    def of(sort: type[Sort], otherwise: Sort) -> Sort:
        return next((one for one in said if isinstance(one, sort)), otherwise)

    return InForce(
        of(PolicyDocument, configured.document),
        of(TrustList, configured.trust),
        of(Revocations, configured.revocations),
        next((one for one in said if isinstance(one, MonthSealer)), configured.sealer),
        confirmed,
        of(Settings, configured.settings),
        of(Issued, configured.issued),
        of(Arrivals, configured.arrivals),
        () if any(isinstance(one, PolicyDocument) for one in said) else configured.timetable,
    )
