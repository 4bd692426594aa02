"""The camera's side of the simulated world: pictures of whoever stands there, at a steady pace."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from drivers.simulated.protocol import shm_name
from drivers.simulated.script import Script
from drivers.simulated.visitor import Posture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drivers.simulated.scene import ScenePose

JOIN_S = 5.0

Postures = tuple[Posture, ...]
Whole = tuple[bool, ...]


class Renderer(Protocol):
    """Draws what the camera sees."""

    def render(self, postures: Postures, at: float) -> "tuple[NDArray[np.uint8], Whole]":
        """Return the picture (720, 1280, 3) in BGR, and of each visitor whether all cards held up are wholly inside."""


class Publisher(Protocol):
    """Hands pictures to whoever looks, the newest only."""

    def publish(self, image: "NDArray[np.uint8]", captured_at: float) -> None:
        """Put the picture where the camera's clients find it. Does not wait."""

    def close(self) -> None:
        """Take the pictures away. Idempotent."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What pictures are made with."""

    renderer: Renderer
    publisher: Publisher


def open_studio(script: Script, socket_path: Path) -> Studio:
    """Return the real renderer and the shared memory of the world at this socket."""
    from drivers.simulated.frames import FramePublisher

    return Studio(SceneArtist(script.seed), FramePublisher(shm_name(socket_path)))


class SceneArtist:
    """Draws postures with the scene's renderer."""

    def __init__(self, seed: int) -> None:
        # Only here, so that what speaks of filming need not load OpenCV.
        from drivers.simulated.scene import Card, ScenePose, SceneRenderer

        self._renderer = SceneRenderer(seed)
        self._card = Card
        self._pose = ScenePose

    def render(self, postures: Postures, at: float) -> "tuple[NDArray[np.uint8], Whole]":
        """Draw one picture."""
        picture: tuple[NDArray[np.uint8], Whole] = self._renderer.render([self._posed(one) for one in postures], at)
        return picture

    def _posed(self, posture: Posture) -> "ScenePose":
        cards = tuple(
            self._card(
                text=card.text,
                medium=card.medium,
                raise_=card.raised,
                tilt=card.tilt,
                distance=card.distance,
                glare=card.glare,
                torn=card.torn,
            )
            for card in posture.cards
        )
        return self._pose(posture.presence, cards, posture.turn, posture.through)


class Filming:
    """A thread that films by absolute deadlines until `stop`; a picture that comes too late is left out.

    `seen(at, postures, whole)` is called on that thread after each picture, `ended(error)` once at its end.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        fps: int,
        now: Callable[[], float],
        postures: Callable[[float], Postures],
        unplugged: Callable[[float], bool] = lambda _: False,
        seen: Callable[[float, Postures, Whole], None],
        ended: Callable[[BaseException | None], None],
        stop: threading.Event,
    ) -> None:
        self._studio = studio
        self._period_s = 1.0 / fps
        self._now = now
        self._postures = postures
        self._unplugged = unplugged
        self._seen = seen
        self._ended = ended
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="world-filming", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has seen `stop`, and close the publisher."""
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
        self._studio.publisher.close()

    def _run(self) -> None:
        failure: BaseException | None = None
        try:
            self._film()
        except BaseException as error:  # noqa: BLE001 - handed on to the world, which ends with it
            failure = error
        self._ended(failure)

    def _film(self) -> None:
        due = self._now()
        while not self._stop.wait(max(0.0, due - self._now())):
            at = self._now()
            postures = self._postures(at)
            image, whole = self._studio.renderer.render(postures, at)
            if not self._unplugged(at):
                self._studio.publisher.publish(image, at)
            self._seen(at, postures, whole)
            due += self._period_s
            late = self._now() - due
            if late > 0:
                due += self._period_s * (late // self._period_s + 1)
