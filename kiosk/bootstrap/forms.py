"""What a core needs to send visitors to their forms."""

from pathlib import Path

from kiosk.config import Config, form_base
from kiosk.ports import Clock, FormLinks


def form_links(config: Config, clock: Clock) -> FormLinks | None:
    """Return what signs the forms' addresses; None where there is no server to fill them in at."""
    if form_base(config) is None:
        return None
    # Only here: a kiosk without a server has no identity either.
    from sync.form_links import DeviceFormLinks
    from sync.identity import papers_beside

    return DeviceFormLinks(papers_beside(Path(config.log.path)), clock)
