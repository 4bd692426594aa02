"""What a kiosk goes by just now, as somebody else sees it from its card: nothing is changed there, and nobody asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.bootstrap.downward import FOLDER, document_key
from kiosk.config import Config
from kiosk.errors import UsageError
from kiosk.model import ClockState
from kiosk.ports import Clock
from kiosk.staleness import Kind

if TYPE_CHECKING:
    from sync.downward.contents import Content


def came_down(config: Config, clock: Clock) -> "Mapping[Kind, Content]":
    """Return what came down from the server and counts, by kind; of any other the configuration's counts.

    Raises UsageError for a document key that is none.
    """
    if config.server.url is None:
        return {}
    from sync.identity import PapersUnusable, papers_beside

    papers = papers_beside(Path(config.log.path))
    key = document_key(config, papers)
    if key is None:
        return {}
    try:
        place = papers.place()
    except PapersUnusable:
        place = None
    from sync.downward.contents import read_content
    from sync.downward.publication import in_force
    from sync.downward.shelf import look

    compound = config.gate.compound
    folder = Path(config.log.path).parent / FOLDER
    documents, heard_us = look(folder, key, compound, config.gate.device if place is None else place.gate)
    now_us = heard_us if clock.state() is ClockState.NEVER_SET else max(heard_us, clock.wall())
    found: dict[Kind, Content] = {}
    for kind, one in in_force(documents, now_us).items():
        try:
            found[Kind(kind)] = read_content(Kind(kind), one.body, compound)
        except (UsageError, ValueError):
            # A kind or a document that only another software can read: the kiosk passes it over as well.
            continue
    return found
