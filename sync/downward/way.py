"""A kiosk's way to what comes down: bounded answers within bounded times, or ServiceUnavailable; and it can hang up."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from kiosk.errors import ServiceUnavailable
from sync import wire
from sync.downward.message import MAX_NEWS, News
from sync.downward.publication import MAX_PAGE, Document, GivenBack, Page
from sync.line import Line

Form = TypeVar("Form", bound=msgspec.Struct)


class Way:
    """What one kiosk asks for its gate over its line, for one thread; any other may `hang_up`.

    An exchange takes as long as the line allows, and one that waits for news as much longer as it asked to wait.
    """

    def __init__(self, line: Line, compound: str, gate: str) -> None:
        self._line = line
        self._compound = compound
        self._gate = gate

    def documents(self, since: int, nonce: str) -> Page:
        """Ask for all that changed since a number. Raises ServiceUnavailable."""
        return _decoded(self._ask("GET", "documents", {"since": str(since), "nonce": nonce}, limit=MAX_PAGE), Page)

    def give_back(self, documents: Sequence[Document]) -> None:
        """Give back what the server has lost. Raises ServiceUnavailable."""
        body = msgspec.json.encode(GivenBack(documents=[one.sent for one in documents]))
        self._ask("POST", "documents", {}, limit=wire.MAX_ANSWER, body=body)

    def news(self, after: str, number: int, wait_s: float) -> News:
        """Wait for news. Raises ServiceUnavailable."""
        asked = {"after": after, "number": str(number), "wait": f"{wait_s:g}"}
        return _decoded(self._ask("GET", "now", asked, limit=MAX_NEWS, wait_s=wait_s), News)

    def hang_up(self) -> None:
        """End what is under way, and let nothing begin any more. Any thread may do so."""
        self._line.hang_up()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._line.close()

    def _ask(
        self, method: str, path: str, asked: dict[str, str], *, limit: int, body: bytes = b"", wait_s: float = 0.0
    ) -> bytes:
        query = urlencode({"compound": self._compound, "gate": self._gate, **asked})
        deadline = self._line.deadline() + wait_s
        answer = self._line.ask(method, f"/api/v1/{path}?{query}", self._compound, body, deadline, limit=limit)
        if answer.status != HTTPStatus.OK:
            raise ServiceUnavailable(f"the server answers with status {answer.status}")
        return answer.body


def _decoded(answer: bytes, form: type[Form]) -> Form:
    try:
        return msgspec.json.decode(answer, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceUnavailable("the server's answer is none of this protocol") from error
