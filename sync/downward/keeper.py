"""What a kiosk holds of the site's documents: fetched, verified, read and on disk before they count; never an older one.

The server vouches for each answer with a standing that it signs for this very question. What the kiosk holds and the
standing lacks, the server has lost, as after a restored backup: it is given back. What the standing names and the kiosk
does not hold was withheld, and is asked for again. Only what agrees is confirmed.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace

from kiosk.edge import Edge
from kiosk.errors import ServiceUnavailable, UsageError
from kiosk.in_force import Applied, DocumentRefused, InForce, Renewed
from kiosk.lines import get_logger
from kiosk.model import ClockState
from kiosk.ports import Clock
from kiosk.staleness import Confirmed, Kind
from kiosk.units import Monotonic, Seconds, WallTime
from sync.downward.composing import composed
from sync.downward.contents import read_content
from sync.downward.holdings import KNOWN, Holdings
from sync.downward.publication import Document, Held, Page, Publication, Standing, authentic, paged
from sync.downward.server_time import ServerTime
from sync.downward.shelf import Memory, Shelf, ShelfUnusable, Vouched
from sync.downward.signing import NotSigned, Purpose, verified

PAGES = 64
"""So many answers one exchange may take: more than all documents of a gate."""
WRITTEN_EVERY = Seconds(900.0)
"""That nothing has changed is written to the card so often at most."""
ROUNDS = 2
"""So many more answers it may take until both ends agree: one from the beginning, one after something was given back."""

_log = get_logger()


class Source(Protocol):
    """What the keeper needs of a `Way`. Both raise ServiceUnavailable."""

    def documents(self, since: int, nonce: str) -> Page:
        """All that changed since a number."""

    def give_back(self, documents: Sequence[Document]) -> None:
        """Give back what the server has lost."""


class Keeper:
    """One kiosk's. Belongs to one thread, but for `in_force` before that is started.

    `configured` is what counts where nothing came down. `tell` gets what the loop has to know.
    """

    def __init__(
        self,
        shelf: Shelf,
        source: Source,
        key: Ed25519PublicKey,
        *,
        compound: str,
        gate: str,
        software: str,
        clock: Clock,
        configured: InForce,
        tell: Callable[[Renewed | DocumentRefused], None],
    ) -> None:
        self.time = ServerTime()
        self.refused = 0
        """Documents that did not hold since this core began."""
        self.ignored = 0
        """Documents of kinds that are not known here."""
        self._shelf = shelf
        self._source = source
        self._key = key
        self._compound = compound
        self._gate = gate
        self._clock = clock
        self._configured = configured
        self._tell = tell
        self._holdings = Holdings()
        before, begun = shelf.memory()
        self._memory = self._begun_with(before, software, begun=begun)
        self._written_at: Monotonic | None = None
        self._shown: tuple[object, ...] = ()
        self._number = 0
        self._agreement = Edge("document agreement")
        self._signed = Edge("document signature")
        self._disk = Edge("document disk")
        self._load(before)

    @property
    def number(self) -> int:
        """The number of the newest document that the server has spoken of."""
        return self._number

    def in_force(self) -> InForce:
        """What counts now."""
        chosen = self._holdings.in_force(self._now_us())
        return self._made_of(chosen)

    def settle(self) -> None:
        """Tell the loop what has come into force since it was told last: also what was only waiting for its time."""
        chosen = self._holdings.in_force(self._now_us())
        numbers: dict[str, int] = {kind: one.publication.number for kind, one in chosen.items()}
        shown = (numbers, self._memory.vouched)
        if shown == self._shown:
            return
        told = self._memory.told
        applied = [_applied(one.publication) for kind, one in chosen.items() if told.get(kind) != numbers[kind]]
        gone = [Applied(Kind(kind), told[kind], "", withdrawn=True) for kind in told.keys() - numbers.keys()]
        self._shown = shown
        self._tell(Renewed(self._made_of(chosen), (*applied, *gone)))
        if applied or gone:
            self._memory = replace(self._memory, told=numbers)
            self._write()

    def exchange(self) -> None:
        """Bring what is held up to date with the server. Raises ServiceUnavailable; what came until then is kept."""
        standing, asked_at = self._fetch()
        for _ in range(ROUNDS):
            if not self._settles(standing):
                break
            standing, asked_at = self._fetch()
        doubtful = self._doubtful(standing)
        self._number = standing.number
        if doubtful:
            self._agreement.lose(asked_at, documents=sorted(doubtful))
        else:
            self._agreement.find(asked_at)
        self._confirm(standing, asked_at, doubtful)

    def _settles(self, standing: Standing) -> bool:
        """Do what may bring both ends to agree, where they do not; whether there was anything to do."""
        if self._lacking(standing):
            # Such as a file that was damaged, or an answer that somebody has cut: from the beginning.
            self._memory = replace(self._memory, seen=0)
        if surplus := self._holdings.surplus(standing.documents):
            _log.warning("documents given back", count=len(surplus))
            with suppress(ServiceUnavailable):
                self._give_back(surplus)
        return bool(self._doubtful(standing))

    def _give_back(self, documents: Sequence[Document]) -> None:
        """Give back in requests that the server takes. Raises ServiceUnavailable; what was given until then is there."""
        more = True
        while more:
            some, more = paged(documents)
            self._source.give_back(some)
            documents = documents[len(some) :]

    def _doubtful(self, standing: Standing) -> set[str]:
        """The kinds of which the two ends do not hold the same."""
        surplus = self._holdings.surplus(standing.documents)
        return {one.kind for one in self._lacking(standing)} | {one.publication.kind for one in surplus}

    def _lacking(self, standing: Standing) -> list[Held]:
        return [one for one in self._holdings.lacking(standing.documents, self._now_us()) if not self._refuses(one)]

    def _fetch(self) -> tuple[Standing, Monotonic]:
        """Take in all pages; the last one's standing, and when it was asked for."""
        since = self._memory.seen
        for _ in range(PAGES):
            nonce = secrets.token_hex(16)
            asked_at = self._clock.monotonic()
            page = self._source.documents(since, nonce)
            received_at = self._clock.monotonic()
            try:
                standing = verified(page.standing, Purpose.STANDING, self._key, Standing)
                if (standing.compound, standing.gate, standing.nonce) != (self._compound, self._gate, nonce):
                    raise NotSigned("the standing is no answer to this question")
                found = [authentic(one, self._key, self._compound, self._gate) for one in page.documents]
            except NotSigned as error:
                self.refused += 1
                if self._signed.lose(received_at, reason=str(error)):
                    self._tell(DocumentRefused("unsigned", 0, "", str(error)))
                raise ServiceUnavailable(str(error)) from error
            self._signed.find(received_at)
            self.time.learn(standing.at_us, asked_at, received_at)
            for one in found:
                self._take(one)
            last = max((one.publication.number for one in found), default=since)
            if not page.more or last <= since:
                return standing, asked_at
            since = last
        raise ServiceUnavailable("the server's documents do not come to an end")

    def _take(self, one: Document) -> None:
        """Verify, read, keep on disk, and only then hold a document."""
        publication = one.publication
        if publication.kind not in KNOWN:
            self.ignored += 1
            return
        if self._holdings.has(one) or self._holdings.supersedes(publication.place, publication.number, self._now_us()):
            return
        try:
            content = None if publication.withdrawn else read_content(Kind(publication.kind), one.body, self._compound)
        except UsageError as error:
            self._refuse(publication, str(error))
            return
        self._keep(one)
        self._holdings.add(one, content)

    def _refuse(self, publication: Publication, reason: str) -> None:
        """Record a document that does not hold, once; the one in force stays, and ages."""
        place = f"{publication.gate}/{publication.kind}"
        if self._memory.refused.get(place) == publication.number:
            return
        self.refused += 1
        _log.error("document refused", document=publication.kind, version=publication.number)
        self._memory = replace(self._memory, refused={**self._memory.refused, place: publication.number})
        self._tell(DocumentRefused(publication.kind, publication.number, publication.digest, reason[:300]))

    def _refuses(self, one: Held) -> bool:
        return self._memory.refused.get(f"{one.gate}/{one.kind}") == one.number

    def _confirm(self, standing: Standing, asked_at: Monotonic, doubtful: set[str]) -> None:
        """Note that the server vouched for every kind of which all that it has is held here."""
        without = doubtful | {one.kind for one in standing.documents if self._refuses(one)}
        vouched = Vouched(wall_us=standing.at_us, boot=self._clock.boot_id(), mono_us=round(asked_at * 1e6))
        anew: dict[str, Vouched] = {kind: vouched for kind in Kind if kind not in without}
        before = self._memory
        gone = self._holdings.drop_outdated(self._now_us())
        seen = 0 if doubtful else standing.number
        self._memory = replace(before, seen=seen, heard_us=standing.at_us, vouched={**before.vouched, **anew})
        changed = gone or seen != before.seen
        due = self._written_at is None or self._clock.monotonic() >= self._written_at + WRITTEN_EVERY
        if changed or due:
            self._write()
        for one in gone:
            self._shelf.drop(one)

    def _begun_with(self, memory: Memory | None, software: str, *, begun: bool) -> Memory:
        if memory is None and not begun:
            # A kiosk begins with what its technician brought: that counts as confirmed now.
            now = Vouched(
                wall_us=max(0, self._clock.wall()),
                boot=self._clock.boot_id(),
                mono_us=round(self._clock.monotonic() * 1e6),
            )
            return Memory(software=software, vouched=dict.fromkeys(Kind, now))
        if memory is None:
            return Memory(software=software)
        if memory.software != software:
            # What an older software refused or did not know, this one may read.
            return replace(memory, software=software, seen=0, refused={})
        return memory

    def _load(self, before: Memory | None) -> None:
        documents, whole = self._shelf.documents()
        for one in documents:
            kind = one.publication.kind
            try:
                if kind in KNOWN:
                    content = None if one.publication.withdrawn else read_content(Kind(kind), one.body, self._compound)
                    self._holdings.add(one, content)
            except UsageError as error:
                self._shelf.set_aside(one, error)
                whole = False
        if not whole:
            self._memory = replace(self._memory, seen=0)
        if self._memory != before:
            self._write()

    def _keep(self, one: Document) -> None:
        """A disk that takes nothing is no reason to go by older rules: it is held in memory, and fetched again."""
        try:
            self._shelf.keep(one)
        except ShelfUnusable as error:
            self._disk.lose(self._clock.monotonic(), kind=type(error).__name__)

    def _write(self) -> None:
        now = self._clock.monotonic()
        try:
            self._shelf.remember(self._memory)
        except ShelfUnusable as error:
            self._disk.lose(now, kind=type(error).__name__)
        else:
            self._written_at = now
            self._disk.find(now)

    def _now_us(self) -> int:
        """The time by which documents come into force: the server's, as well as it is known."""
        servers = self.time.earliest(self._clock.monotonic())
        if servers is None:
            servers = 0 if self._clock.state() is ClockState.NEVER_SET else self._clock.wall()
        return max(self._memory.heard_us, servers)

    def _made_of(self, chosen: Mapping[Kind, Document]) -> InForce:
        confirmed = {kind: _confirmed(self._memory.vouched.get(kind)) for kind in Kind}
        return composed(map(self._holdings.content, chosen.values()), self._configured, confirmed)


def _applied(publication: Publication) -> Applied:
    return Applied(Kind(publication.kind), publication.number, publication.digest)


def _confirmed(vouched: Vouched | None) -> Confirmed | None:
    if vouched is None:
        return None
    return Confirmed(WallTime(vouched.wall_us), vouched.boot, Monotonic(vouched.mono_us / 1e6))
