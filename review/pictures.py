"""Pictures of two revisions, and where their pixels differ."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vl_convert
from PIL import Image

FADED = 0.75  # how far what is the same fades to white in a picture of the difference
MARK = (214, 0, 110)  # of what differs: no colour of the usual palettes, told from grey by all eyes


@dataclass(frozen=True)
class Picture:
    """A picture of two revisions.

    Args:
        name: its path, relative to the DVC repository.
        base: a copy of it; None where the revision lacks it.
        head: likewise.
        share: of the pixels that differ, from 0 to 1; None where there are not two pictures to compare.
        difference: shows these pixels.
        sizes: width and height of base and head, in pixels.
        note: why the two can't be compared.
    """

    name: str
    base: Path | None
    head: Path | None
    share: float | None = None
    difference: Path | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    note: str = ""

    @property
    def changed(self) -> bool:
        """Returns whether the revisions differ; other bytes for the same pixels do not."""
        return self.share != 0


def read_picture(name: str, base: Path | None, head: Path | None, difference: Path) -> Picture:
    """Returns a picture with its difference, which is written to `difference` if there is one."""
    if not base or not head:
        return Picture(name, base, head)
    if base.read_bytes() == head.read_bytes():
        return Picture(name, base, head, 0)
    try:
        pixels = [_pixels(path) for path in (base, head)]
    except (OSError, RuntimeError, ValueError, Image.DecompressionBombError) as error:  # of Pillow and vl-convert
        return Picture(name, base, head, note=f"can't be read as a picture: {type(error).__name__}")
    sizes = tuple((image.shape[1], image.shape[0]) for image in pixels)
    differs, drawn = _difference(*pixels)
    if not differs.any():
        return Picture(name, base, head, 0)
    Image.fromarray(drawn).save(difference)
    return Picture(name, base, head, float(differs.mean()), difference, sizes)


def _pixels(path: Path) -> np.ndarray:
    """Returns colours and opacity from 0 to 255, shape (height, width, 4); of an animation, the first picture."""
    source = path.read_bytes()
    if path.suffix == ".svg":
        source = vl_convert.svg_to_png(source.decode("utf-8"))
    with Image.open(io.BytesIO(source)) as picture:
        return np.asarray(picture.convert("RGBA"))


def _difference(base: np.ndarray, head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns which pixels differ, shape (height, width), and head in pale grey with these pixels marked.

    Where one picture is larger, what the other lacks differs.
    """
    height, width = (max(base.shape[axis], head.shape[axis]) for axis in (0, 1))
    both = np.zeros((2, height, width, 4), np.uint8)
    there = np.zeros((2, height, width), bool)
    for i, image in enumerate((base, head)):
        both[i, : image.shape[0], : image.shape[1]] = image
        there[i, : image.shape[0], : image.shape[1]] = True
    differs = (both[0] != both[1]).any(axis=-1) | (there[0] != there[1])
    opacity = both[1, ..., 3:] / 255
    grey = (both[1, ..., :3] * opacity + 255 * (1 - opacity)).mean(axis=-1, keepdims=True)
    drawn = np.broadcast_to(255 - (255 - grey) * (1 - FADED), (height, width, 3)).astype(np.uint8)
    drawn[differs] = MARK
    return differs, drawn
