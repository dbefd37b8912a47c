"""Draws what changed in curve plots and pictures, and puts it where the page finds it."""

import math
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import vl_convert

from review.comparison import Curves, rows_of
from review.pictures import Picture

PICTURES = "pictures"  # the folder beside the page


@dataclass(frozen=True)
class Figure:
    """A curve plot or picture that changed; each path is relative to the page, None where there is nothing.

    Args:
        name: DVC's name for it.
        there: which revisions have it.
        about: what differs, in words.
        base: the picture of the base revision.
        head: the picture of the head revision.
        drawn: what shows both: the overlay of curves, or the pixels that differ.
        spec: of curves, in Vega-Lite, for the page to draw again.
    """

    name: str
    there: Literal["base", "head", "both"]
    about: str = ""
    base: str | None = None
    head: str | None = None
    drawn: str | None = None
    spec: dict[str, Any] | None = None


def draw_curves(plot: Curves, page: Path, number: int) -> Figure:
    """Returns a figure of the curves of both revisions, and draws it as PNG for the page in the folder `page`."""
    # Without `$schema`, which names the version of Vega-Lite that a template was written for: a later one reads it.
    spec = {key: _finite(value) for key, value in plot.spec.items() if key != "$schema"}
    path = f"{PICTURES}/{number:03}-{_slug(plot.name)}-overlay.png"
    try:
        png = vl_convert.vegalite_to_png(spec, allowed_base_urls=[])
    except (RuntimeError, ValueError) as error:
        return Figure(plot.name, _there(plot), f"can't be drawn: {' '.join(str(error).splitlines()[:2])[:200]}")
    (page / path).write_bytes(png)
    return Figure(plot.name, _there(plot), drawn=path, spec=_compact(spec))


def place_picture(picture: Picture, page: Path, number: int) -> Figure:
    """Returns a figure of the picture in both revisions, and copies it for the page in the folder `page`."""
    paths = {}
    sides = {"base": picture.base, "head": picture.head, "difference": picture.difference}
    for side, copy in sides.items():
        if copy:
            paths[side] = f"{PICTURES}/{number:03}-{_slug(picture.name)}-{side}{copy.suffix}"
            shutil.copyfile(copy, page / paths[side])
    about = picture.note
    if picture.share is not None:
        about = f"{_percent(picture.share)} of the pixels differ"
    if len(set(picture.sizes)) > 1:
        about += "; {} by {} pixels became {} by {}".format(*picture.sizes[0], *picture.sizes[1])
    there = _there(picture)
    return Figure(picture.name, there, about, paths.get("base"), paths.get("head"), paths.get("difference"))


def _there(thing: Curves | Picture) -> Literal["base", "head", "both"]:
    if thing.base and thing.head:
        return "both"
    return "head" if thing.head else "base"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 else "less than 0.1%"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-80:]


def _finite(value: Any) -> Any:
    """Returns JSON that Vega reads: null in place of what is no number."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _compact(spec: dict[str, Any]) -> dict[str, Any]:
    """Returns a spec with the names of the columns written once; the page's script puts the rows back."""
    rows = rows_of(spec) or []
    names = list(dict.fromkeys(key for row in rows for key in row))
    columns = {"names": names, "rows": [[row.get(name) for name in names] for row in rows]}

    def replaced(value: Any) -> Any:
        if value is rows:
            return columns
        if isinstance(value, dict):
            return {key: replaced(item) for key, item in value.items()}
        return [replaced(item) for item in value] if isinstance(value, list) else value

    return dict(replaced(spec))
