"""What stands still before a simulated gate camera, and the people who come: drawn once, when the world begins."""

from dataclasses import dataclass

import cv2
import numpy as np

from drivers.simulated.cards import SKIN, Image

WIDTH, HEIGHT = 1280, 720
PERSON_WIDTH, PERSON_HEIGHT = 620, 700
COATS = ((96, 62, 40), (52, 84, 58), (64, 58, 120), (70, 70, 74))
HAIR = ((26, 24, 28), (38, 44, 62), (90, 92, 98), (20, 30, 44))


@dataclass(frozen=True, slots=True)
class Figure:
    """A person from the chest up: BGR pixels and coverage (0 to 255), PERSON_HEIGHT x PERSON_WIDTH."""

    image: Image
    mask: Image


def draw_backdrop(rng: np.random.Generator) -> Image:
    """Draw a courtyard by day: wall, window, planting, paving; slightly out of focus, as a near camera sees it."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    horizon = 470
    for row in range(HEIGHT):
        if row < horizon:
            colour = np.array([168, 176, 182]) - row * 0.07
        else:
            colour = np.array([118, 122, 124]) + (row - horizon) * 0.12
        image[row] = colour.astype(np.uint8)
    for y in range(0, horizon, 34):
        cv2.line(image, (0, y), (WIDTH, y), (140, 146, 152), 2)
        for x in range(-40 + (y // 34 % 2) * 42, WIDTH, 84):
            cv2.line(image, (x, y), (x, y + 34), (140, 146, 152), 2)
    for x in range(-800, WIDTH + 800, 130):
        cv2.line(image, (WIDTH // 2 + (x - WIDTH // 2) // 2, horizon), (x, HEIGHT), (98, 102, 104), 2)
    for y in (500, 545, 615, 700):
        cv2.line(image, (0, y), (WIDTH, y), (98, 102, 104), 2)
    cv2.rectangle(image, (90, 90), (330, 330), (92, 84, 74), -1)
    cv2.rectangle(image, (104, 104), (316, 316), (196, 178, 150), -1)
    cv2.line(image, (210, 104), (210, 316), (92, 84, 74), 8)
    cv2.rectangle(image, (960, 150), (1150, 470), (74, 88, 104), -1)
    cv2.circle(image, (1128, 320), 9, (190, 196, 200), -1)
    for _ in range(420):
        x, y = int(rng.normal(1210, 46)), int(rng.normal(420, 60))
        green = int(rng.integers(70, 140))
        cv2.circle(image, (x, y), int(rng.integers(6, 16)), (green // 3, green, green // 2), -1)
    grain = cv2.resize(rng.normal(0, 9, (HEIGHT // 4, WIDTH // 4)).astype(np.float32), (WIDTH, HEIGHT))
    textured = image.astype(np.float32) + np.asarray(grain, np.float32)[:, :, None]
    return np.asarray(cv2.GaussianBlur(np.clip(textured, 0, 255).astype(np.uint8), (0, 0), 1.6), np.uint8)


def draw_person(number: int) -> Figure:
    """Draw one of a few people, facing the camera."""
    coat, hair = COATS[number % len(COATS)], HAIR[number % len(HAIR)]
    image = np.zeros((PERSON_HEIGHT, PERSON_WIDTH, 3), np.uint8)
    mask = np.zeros((PERSON_HEIGHT, PERSON_WIDTH), np.uint8)
    middle = PERSON_WIDTH // 2

    def fill(points: list[tuple[int, int]], colour: tuple[float, ...]) -> None:
        outline = np.array(points, np.int32)
        cv2.fillPoly(image, [outline], colour, cv2.LINE_AA)
        cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA)

    def oval(x: int, y: int, axes: tuple[int, int], colour: tuple[float, ...], arc: tuple[int, int]) -> None:
        cv2.ellipse(image, (x, y), axes, 0, *arc, colour, -1, cv2.LINE_AA)
        cv2.ellipse(mask, (x, y), axes, 0, *arc, 255, -1, cv2.LINE_AA)

    darker = tuple(part * 0.82 for part in coat)
    shoulders = [(middle - 70, 300), (middle - 190, 345), (middle - 235, 430), (middle - 240, 700)]
    fill([*shoulders, *((2 * middle - x, y) for x, y in reversed(shoulders))], coat)
    for side in (-1, 1):
        sleeve = [(190, 345), (250, 420), (285, 700), (195, 700), (170, 470)]
        fill([(middle + side * x, y) for x, y in sleeve], darker)
    fill(
        [(middle - 48, 230), (middle + 48, 230), (middle + 62, 312), (middle, 350), (middle - 62, 312)],
        tuple(part * 0.85 for part in SKIN),
    )
    oval(middle, 150, (104, 128), hair, (0, 360))
    oval(middle, 168, (88, 112), SKIN, (0, 360))
    oval(middle, 112, (94, 78), hair, (180, 360))
    for side in (-1, 1):
        cv2.ellipse(image, (middle + side * 36, 158), (13, 6), 0, 0, 360, (240, 240, 240), -1, cv2.LINE_AA)
        cv2.circle(image, (middle + side * 36, 158), 6, (40, 34, 30), -1, cv2.LINE_AA)
        cv2.line(image, (middle + side * 22, 140), (middle + side * 52, 138), hair, 5, cv2.LINE_AA)
    cv2.line(image, (middle, 168), (middle - 8, 200), tuple(part * 0.8 for part in SKIN), 4, cv2.LINE_AA)
    cv2.ellipse(image, (middle, 230), (26, 9), 0, 0, 180, (92, 96, 168), -1, cv2.LINE_AA)
    light = np.linspace(1.08, 0.78, PERSON_WIDTH, dtype=np.float32)[None, :, None]
    lit = np.clip(image.astype(np.float32) * light, 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(lit, (0, 0), 1.2), np.uint8)
    return Figure(soft, np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), np.uint8))
