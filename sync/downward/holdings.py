"""The documents that a kiosk holds, with what they say, against what the server says there is. Pure but for its memory."""

from collections.abc import Iterable, Mapping

from kiosk.staleness import Kind
from sync.downward.contents import Content
from sync.downward.publication import Document, Held, Place, in_force, relevant

KNOWN = frozenset(Kind)
NONE = (0, "")
_Key = tuple[Place, int]


class Holdings:
    """Of one gate. A document counts by its number, whenever it came."""

    def __init__(self) -> None:
        self._documents: dict[_Key, Document] = {}
        self._contents: dict[_Key, Content | None] = {}

    def add(self, one: Document, content: Content | None) -> None:
        """Take in a document that was read; a withdrawn one says nothing."""
        self._documents[_key(one)] = one
        self._contents[_key(one)] = content

    def has(self, one: Document) -> bool:
        """Whether a document is here."""
        return _key(one) in self._documents

    def supersedes(self, place: Place, number: int, now_us: int) -> bool:
        """Whether something newer than this number counts in a place; what waits for its time does not yet."""
        return any(
            where == place and other > number and one.publication.effective(now_us)
            for (where, other), one in self._documents.items()
        )

    def content(self, one: Document) -> Content | None:
        """What a document says."""
        return self._contents[_key(one)]

    def in_force(self, now_us: int) -> Mapping[Kind, Document]:
        """The document of each kind that counts."""
        return {Kind(kind): one for kind, one in in_force(self._documents.values(), now_us).items()}

    def drop_outdated(self, now_us: int) -> list[Document]:
        """Let go of what something newer has taken the place of, and return it."""
        keep = {_key(one) for one in relevant(self._documents.values(), now_us)}
        gone = [one for key, one in self._documents.items() if key not in keep]
        for one in gone:
            del self._documents[_key(one)], self._contents[_key(one)]
        return gone

    def lacking(self, standing: Iterable[Held], now_us: int) -> list[Held]:
        """What the server has, and is not here although it could be."""
        return [one for one in standing if one.kind in KNOWN and not self._covers(one, now_us)]

    def surplus(self, standing: Iterable[Held]) -> list[Document]:
        """What is here, and newer than anything that the server has in its place, or another of the same number."""
        theirs: dict[Place, tuple[int, str]] = {}
        for one in standing:
            place = (one.gate, one.kind)
            theirs[place] = max(theirs.get(place, NONE), (one.number, one.digest))
        return [one for (place, number), one in sorted(self._documents.items()) if _beyond(theirs.get(place, NONE), one)]

    def _covers(self, one: Held, now_us: int) -> bool:
        held = self._documents.get(((one.gate, one.kind), one.number))
        if held is not None:
            return held.publication.digest == one.digest
        # The server has yet to learn of something newer that has taken its place.
        return self.supersedes((one.gate, one.kind), one.number, now_us)


def _beyond(theirs: tuple[int, str], one: Document) -> bool:
    number, digest = theirs
    ours = one.publication
    return ours.number > number or (ours.number == number and ours.digest != digest)


def _key(one: Document) -> _Key:
    return one.publication.place, one.publication.number
