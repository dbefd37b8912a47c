"""Pictures of two revisions, and where their pixels differ, within a bound of memory."""

import filecmp
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import vl_convert
from PIL import Image

from review.children import at
from review.snapshots import BOUND, more_than

FADED = 0.75  # how far what is the same fades to white in a picture of the difference
MARK = (214, 0, 110)  # of what differs: no colour of the usual palettes, told from grey by all eyes
RASTER = frozenset({".png", ".jpg", ".jpeg", ".gif"})  # what a browser shows and nothing runs in
MOST_PIXELS = 150_000_000  # of a picture that is compared pixel by pixel, all its frames counted
MOST_ALL_PIXELS = 1_000_000_000  # of all of them
MOST_SVG = 20_000_000  # bytes
LONGEST = 1600  # pixels of a side of a drawn difference
STRIP = 4_000_000  # pixels that are compared at once
ALONE = frozenset({"I", "F", "I;16", "I;16B", "I;16L"})  # modes that Pillow does not convert faithfully


@dataclass(frozen=True)
class Picture:
    """A picture, or another file that DVC does not draw, of two revisions.

    Args:
        name: its path, relative to the DVC repository.
        base: a copy of it, of an SVG a drawing; None where the revision lacks it.
        head: likewise.
        share: of the pixels that differ, from 0 to 1; None where there are not two pictures to compare.
        difference: shows these pixels.
        sizes: width and height of base and head, in pixels.
        note: why the two can't be compared, or what else there is to say.
        shown: whether a page may show it: not what has too many pixels for a browser.
    """

    name: str
    base: Path | None
    head: Path | None
    share: float | None = None
    difference: Path | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    note: str = ""
    shown: bool = True

    @property
    def changed(self) -> bool:
        """Return whether the revisions differ; other bytes for the same pixels do not."""
        return self.share != 0


class TooLarge(ValueError):
    """A picture that asks for more than is read; its text is the reason."""


def compare_pictures(pairs: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Return the fields of a Picture for each pair of paths, as JSON; what is drawn goes to `folder`."""
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at before a picture is read
    left = MOST_ALL_PIXELS
    compared = []
    for i, pair in enumerate(pairs):
        base, head = (Path(pair[side]) if pair[side] else None for side in ("base", "head"))
        if base is None and head is None:
            continue
        at(pair["name"])
        entry, pixels = _compared(base, head, folder / str(i), left)
        left -= pixels
        compared.append({"name": pair["name"], "base": pair["base"], "head": pair["head"]} | entry)
    return compared


def _compared(base: Path | None, head: Path | None, place: Path, left: int) -> tuple[dict[str, Any], int]:
    """Return what is to be said of a pair, and how many pixels were looked at."""
    if base and head and filecmp.cmp(base, head, shallow=False):
        return {"share": 0}, 0
    both = [path for path in (base, head) if path]
    drawn, refused = {}, {}
    try:
        for side, path in (("base", base), ("head", head)):
            try:
                if path and path.suffix.lower() == ".svg":
                    drawn[side] = place.with_name(f"{place.name}-{side}.png")
                    drawn[side].write_bytes(draw_svg(path))
                elif path and path.suffix.lower() in RASTER:
                    _few_pixels(path)
            except TooLarge as error:
                refused[side] = str(error)
        if refused:
            return {"refused": refused, "shown": False, "note": "other bytes" if base and head else ""}, 0
        shown: dict[str, Any] = {side: str(path) for side, path in drawn.items()}
        if not base or not head:
            return shown, 0
        if not all(path.suffix.lower() in RASTER | {".svg"} for path in both):
            return {"note": "other bytes"}, 0
        entry, pixels = _pixels_compared(drawn.get("base", base), drawn.get("head", head), place, left)
        if entry.get("share") == 0 and any(map(_deep, both)) and not all(map(_fine, both)):
            entry = {"note": "other bytes; of its 16 bits a channel, 8 could be compared, and they are the same"}
        return shown | entry, pixels
    except Exception as error:  # noqa: BLE001  a foreign file may make Pillow or vl-convert raise anything
        return {"note": f"can't be read as a picture: {type(error).__name__}"}, 0


def _few_pixels(path: Path) -> None:
    with Image.open(path) as image:
        pixels = image.width * image.height * getattr(image, "n_frames", 1)
    if pixels > MOST_PIXELS:
        raise TooLarge(f"has {more_than(pixels, MOST_PIXELS, 'pixels')}")


def _pixels_compared(base: Path, head: Path, place: Path, left: int) -> tuple[dict[str, Any], int]:
    with Image.open(base) as one, Image.open(head) as other, Image.open(base) as low, Image.open(head) as lower:
        fine = _fine(base) and _fine(head)
        frames = [getattr(image, "n_frames", 1) for image in (one, other)]
        pixels = sum(image.width * image.height * count for image, count in zip((one, other), frames, strict=True))
        if pixels > left:
            return {"note": f"other bytes; of all pictures, {MOST_ALL_PIXELS // 10**6:,} megapixels are compared"}, 0
        sizes = [one.size, other.size]
        differ, compared, first = 0, 0, None
        for i in range(min(frames)):
            if max(frames) > 1:
                for image in (one, other, low, lower):
                    image.seek(i)
            pairs = [(one, other), *([(_low(low), _low(lower))] if fine else [])]
            count, total = _frame(pairs, place.with_suffix(".png") if first is None else None)
            if count and first is None:
                first = i
            differ, compared = differ + count, compared + total
    if first is None and frames[0] == frames[1]:
        return {"share": 0, "sizes": sizes}, pixels
    note = f"{frames[0]} frames became {frames[1]}" if frames[0] != frames[1] else ""
    if max(frames) > 1 and first:
        note = "; ".join(filter(None, (f"the first that differs is frame {first + 1} of {min(frames)}", note)))
    if first is None:
        return {"sizes": sizes, "note": note}, pixels
    share = differ / compared
    return {"share": share, "difference": str(place.with_suffix(".png")), "sizes": sizes, "note": note}, pixels


def _frame(pairs: list[tuple[Image.Image, Image.Image]], drawing: Path | None) -> tuple[int, int]:
    """Return how many pixels differ in any of the pairs, and of how many; what one picture of a pair lacks differs.

    If some do and there is a place for it, draws head in pale grey with these pixels marked.
    """
    width, height = (max(image.size[axis] for image in pairs[0]) for axis in (0, 1))
    step = math.ceil(max(width, height) / LONGEST)
    rows = max(step, STRIP // width // step * step)
    parts, count = [], 0
    for top in range(0, height, rows):
        box = (0, top, width, min(height, top + rows))
        pixels, differs = _strip(*pairs[0], box)
        for pair in pairs[1:]:
            differs |= _strip(*pair, box)[1]
        count += int(differs.sum())
        if drawing:
            parts.append(_drawn(differs, _light(pixels), step))
    if drawing and count:
        Image.fromarray(np.concatenate(parts)).save(drawing)
    return count, width * height


def _strip(base: Image.Image, head: Image.Image, box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of head in a part of the picture, and which of them differ, shape (height, width)."""
    shape = (box[3] - box[1], box[2] - box[0])
    native = base.mode == head.mode and base.mode in ALONE
    parts, there = [], np.zeros((2, *shape), bool)
    for i, image in enumerate((base, head)):
        cut = image.crop((0, box[1], min(box[2], image.width), max(box[1], min(box[3], image.height))))
        pixels = np.asarray(cut if native else cut.convert("RGBA"))
        whole = np.zeros(shape + pixels.shape[2:], pixels.dtype)
        whole[: pixels.shape[0], : pixels.shape[1]] = pixels
        there[i, : pixels.shape[0], : pixels.shape[1]] = True
        parts.append(whole)
    one, other = parts if native else [part.view(np.uint32)[..., 0] for part in parts]
    differs = np.logical_or(one != other, there[0] != there[1])
    if base.mode != head.mode and ALONE & {base.mode, head.mode}:
        differs[:] = True
    return parts[1], differs


def _light(pixels: np.ndarray) -> np.ndarray:
    """Return how light pixels are upon white, 0 to 255."""
    if pixels.ndim == 2:
        most = 65535 if pixels.dtype == np.uint16 else max(1, float(np.nanmax(pixels, initial=1)))
        return np.nan_to_num(pixels / most * 255).clip(0, 255)
    mean = pixels[..., :3].sum(axis=-1, dtype=np.uint16) // 3
    opacity = pixels[..., 3]
    return mean if (opacity == 255).all() else 255 - (255 - mean) * (opacity / np.float32(255))


def _drawn(differs: np.ndarray, light: np.ndarray, step: int) -> np.ndarray:
    """Return colours in which each pixel stands for `step` by `step` of them, and is marked if any of them differs."""
    if step > 1:
        height, width = (math.ceil(size / step) for size in differs.shape)
        pad = [(0, height * step - differs.shape[0]), (0, width * step - differs.shape[1])]
        marked = np.asarray(np.pad(differs, pad).reshape(height, step, width, step).any(axis=(1, 3)))
        light = np.pad(light, pad, mode="edge").reshape(height, step, width, step).mean(axis=(1, 3))
    else:
        marked = differs
    grey = (255 - (255 - light) * np.float32(1 - FADED)).astype(np.uint8)
    drawn = np.repeat(grey[..., None], 3, axis=-1)
    drawn[marked] = MARK
    return drawn


def _deep(path: Path) -> bool:
    """Return whether a PNG has colours of 16 bits, of which Pillow reads 8."""
    with path.open("rb") as file:
        start = file.read(26)
    return start.startswith(b"\x89PNG") and len(start) == 26 and start[24] == 16 and start[25] != 0


def _fine(path: Path) -> bool:
    """Return whether both bytes of the channels of a deep PNG can be read: `_low` can't of grey with opacity."""
    with Image.open(path) as image:
        return _deep(path) and all(tile.args in ("RGB;16B", "RGBA;16B") for tile in getattr(image, "tile", []))


def _low(image: Any) -> Image.Image:
    """Return a deep PNG, of whose colours Pillow then reads the lower bytes: those that it drops of big-endian ones."""
    image.tile = [tile._replace(args=tile.args.replace("16B", "16L")) for tile in image.tile]
    return image


def draw_svg(path: Path) -> bytes:
    """Return an SVG as PNG; nothing that it names is fetched, and no script of it is kept.

    Raise a ValueError for what is no SVG or declares entities, TooLarge for one of too many pixels.
    """
    if path.stat().st_size > MOST_SVG:
        raise TooLarge(f"has {more_than(path.stat().st_size, MOST_SVG, 'bytes of SVG')}")
    text = path.read_text("utf-8")
    if re.search("<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        text = re.sub(r"<!DOCTYPE[^\[>]*>", "", text, flags=re.IGNORECASE)  # that of old editors names an address
        if re.search("<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
            raise ValueError("it declares entities")
    root = ElementTree.fromstring(text)
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise ValueError("not an SVG")
    _small(root)
    _without_addresses(root)
    png: bytes = vl_convert.svg_to_png(ElementTree.tostring(root, encoding="unicode"))
    with Image.open(io.BytesIO(png)) as drawn:
        drawn.verify()
    return png


def _small(root: ElementTree.Element) -> None:
    box = [float(part) for part in re.findall(r"[-+.\deE]+", root.get("viewBox", ""))[2:4]] or [300.0, 150.0]
    units = {"in": 96, "cm": 37.8, "mm": 3.78, "pt": 1.34, "pc": 16, "em": 16, "ex": 8}
    sides = []
    for name, default in zip(("width", "height"), box, strict=True):
        found = re.fullmatch(r"\s*([-+.\deE]+)\s*(\w*)\s*", root.get(name, ""))
        sides.append(float(found[1]) * units.get(found[2], 1) if found else default)
    pixels = abs(sides[0] * sides[1])
    if not pixels <= MOST_PIXELS / 4:
        many = f"{pixels:,.0f}" if pixels < 1e18 else "endless"
        raise TooLarge(f"has {many} pixels as drawn, more than the {MOST_PIXELS // 4:,} {BOUND}")


def _without_addresses(root: ElementTree.Element) -> None:
    """Take from an SVG what reaches outside of it: scripts, pages within, addresses in attributes and styles."""
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2].lower() in {"script", "foreignobject", "iframe"}:
                parent.remove(child)
        for name, value in list(parent.attrib.items()):
            if (name.rpartition("}")[2] in {"href", "src"} and not _inside(value)) or (
                re.search(r"url\s*\(|@import", value, re.IGNORECASE)
                and not re.fullmatch(r"(?:[^(]|url\(\s*['\"]?#[^)]*\))*", value)
            ):
                del parent.attrib[name]
        if str(parent.tag).rpartition("}")[2] == "style" and re.search(r"url\s*\(|@|\\", parent.text or ""):
            parent.text = "\n".join(_plain_rules(parent.text or ""))


def _inside(address: str) -> bool:
    return address.startswith("#") or bool(re.match(r"data:image/(png|jpe?g|gif);base64,", address))


def _plain_rules(style: str) -> Iterator[str]:
    """Yield the rules of a style that name nothing outside of it."""
    for rule in re.findall(r"[^{}@]+\{[^{}]*\}", style):
        if not re.search(r"url\s*\((?!\s*['\"]?#)|\\", rule, re.IGNORECASE):
            yield rule
