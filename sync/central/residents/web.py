"""All that residents load from one server: the questions about visitors, and their own pages."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter

from sync.central.residents.consents import Consents
from sync.central.residents.couriers import Courier, deliver
from sync.central.residents.home_routes import home_routes
from sync.central.residents.homes import Homes
from sync.central.residents.routes import consent_routes
from sync.central.residents.targets import Reach


@dataclass(frozen=True, slots=True)
class ResidentPages:
    """What their routes are around; `by`: how residents are reached."""

    consents: Consents
    homes: Homes
    by: Mapping[Reach, Courier]

    def routes(self, closing: asyncio.Event) -> APIRouter:
        """The routes of both."""
        router = APIRouter(include_in_schema=False)
        router.include_router(consent_routes(self.consents, closing))
        router.include_router(home_routes(self.homes, partial(deliver, self.by), closing))
        return router
