"""What is known of the kiosks' boots, and the correction of events that were received before it was known."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, select, text, update

from sync.central.arriving import AHEAD_US, Entry, Place
from sync.central.schema import Timing, boot, event, personal
from sync.central.timing import Anchor, anchor_of, with_times

_KNOWN = select(boot.c.boot, boot.c.mono_us, boot.c.wall_us).where(
    boot.c.compound == bindparam("its_compound"),
    boot.c.device == bindparam("its_device"),
    boot.c.boot.in_(bindparam("boots", expanding=True)),
)


def settle_times(connection: Connection, place: Place, entries: Sequence[Entry], received_us: int) -> list[Entry]:
    """The entries with the best times that are known, and what came before them corrected by what they tell.

    The caller holds the compound's row, so that nobody else is at the same boot.
    """
    boots = {entry.boot for entry in entries if entry.boot}
    if not boots:
        return list(entries)
    anchors = _known(connection, place, boots)
    for name in sorted(boots):
        before = anchors.get(name)
        anchor = anchor_of(before, (entry for entry in entries if entry.boot == name))
        if anchor is not None and anchor != before:
            anchors[name] = anchor
            _keep(connection, place, name, anchor)
            _correct(connection, place, name, anchor)
    return with_times(entries, anchors, received_us)


def _known(connection: Connection, place: Place, boots: set[str]) -> dict[str, Anchor]:
    found = connection.execute(_KNOWN, {**place.named, "boots": sorted(boots)})
    return {row.boot: Anchor(row.mono_us, row.wall_us) for row in found}


def _keep(connection: Connection, place: Place, name: str, anchor: Anchor) -> None:
    connection.execute(
        text(
            "INSERT INTO boot (compound, device, boot, mono_us, wall_us)"
            " VALUES (:compound, :device, :boot, :mono_us, :wall_us)"
            " ON CONFLICT (compound, device, boot) DO UPDATE SET mono_us = excluded.mono_us, wall_us = excluded.wall_us"
        ),
        {
            "compound": place.compound,
            "device": place.device,
            "boot": name,
            "mono_us": anchor.mono_us,
            "wall_us": anchor.wall_us,
        },
    )


def _correct(connection: Connection, place: Place, name: str, anchor: Anchor) -> None:
    """Correct what was received of a boot, as `timing.corrected` would."""
    of_boot = and_(
        event.c.compound == place.compound,
        event.c.device == place.device,
        event.c.boot == name,
        event.c.timing != Timing.CLOCK,
    )
    at_us = event.c.mono_us + (anchor.wall_us - anchor.mono_us)
    can_be = and_(at_us > 0, at_us <= event.c.received_us + AHEAD_US)
    done = connection.execute(update(event).where(of_boot, can_be).values(at_us=at_us, timing=Timing.CORRECTED))
    if done.rowcount:
        # What is kept for so many days is kept so long from when it happened.
        its_own = and_(event.c.compound == personal.c.compound, event.c.arrival == personal.c.arrival)
        theirs = select(event.c.arrival).where(of_boot)
        connection.execute(
            update(personal)
            .where(personal.c.compound == place.compound, personal.c.arrival.in_(theirs))
            .values(at_us=select(event.c.at_us).where(its_own).scalar_subquery())
        )
