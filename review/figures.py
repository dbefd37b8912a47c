"""Draws what changed in curve plots and pictures, and puts it where the page finds it."""

import math
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from review.children import call
from review.comparison import Curves, rows_of
from review.pictures import RASTER, Picture
from review.revisions import Fault

PICTURES = "pictures"  # the folder beside the page
BASE, HEAD = "#7f7f7f", "#d95f02"  # grey and orange: told apart by all eyes, and in grey by lightness
MOST_ROWS = 100_000  # of a plot that is drawn


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
        kind: a curve plot or a picture.
    """

    name: str
    there: Literal["base", "head", "both"]
    about: str = ""
    base: str | None = None
    head: str | None = None
    drawn: str | None = None
    spec: dict[str, Any] | None = None
    kind: Literal["curves", "picture"] = "picture"


def draw_curves(plots: list[Curves], page: Path) -> list[Figure]:
    """Return figures of the curves of both revisions, and draw them as PNG for the page in the folder `page`."""
    figures: list[Figure] = []
    requests: list[tuple[int, dict[str, Any]]] = []
    for number, plot in enumerate(plots):
        path = f"{PICTURES}/{number:03}-{_slug(plot.name)}-overlay.png"
        figure = Figure(plot.name, _there(plot), kind="curves", drawn=path)
        rows = len(plot.base) + len(plot.head)
        if rows > MOST_ROWS:
            figures.append(replace(figure, drawn=None, about=f"{rows:,} rows are not drawn"))
            continue
        spec = _fixed(plot.spec, plot.revisions)
        figures.append(replace(figure, spec=_compact(spec)))
        requests.append((len(figures) - 1, {"spec": spec, "path": str(page / path)}))
    if requests:
        try:
            failures = call("review.drawing:draw", [it for _, it in requests], page, "can't draw the curves")
        except Fault as fault:  # one of them asks for too much
            failures = [str(fault)] * len(requests)
        for (i, _), failure in zip(requests, failures, strict=True):
            if failure:
                figures[i] = replace(figures[i], drawn=None, spec=None, about=f"can't be drawn: {failure}")
    return figures


def place_picture(picture: Picture, page: Path, number: int) -> Figure:
    """Return a figure of the picture in both revisions, and copy it for the page in the folder `page`.

    What a browser would run, such as HTML, is named and not copied.
    """
    paths = {}
    sides = {"base": picture.base, "head": picture.head, "difference": picture.difference}
    for side, copy in sides.items():
        if copy and picture.shown and copy.suffix.lower() in RASTER:
            paths[side] = f"{PICTURES}/{number:03}-{_slug(picture.name)}-{side}{copy.suffix.lower()}"
            shutil.copyfile(copy, page / paths[side])
    about = [f"{_percent(picture.share)} of the pixels differ"] if picture.share else []
    if len(set(picture.sizes)) > 1:
        about.append("{} by {} pixels became {} by {}".format(*picture.sizes[0], *picture.sizes[1]))
    there = _there(picture)
    text = "; ".join(filter(None, (*about, picture.note)))
    return Figure(picture.name, there, text, paths.get("base"), paths.get("head"), paths.get("difference"))


def _there(thing: Curves | Picture) -> Literal["base", "head", "both"]:
    if thing.base and thing.head:
        return "both"
    return "head" if thing.head else "base"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 else "less than 0.1%"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-80:]


def _fixed(spec: dict[str, Any], revisions: tuple[str, str]) -> dict[str, Any]:
    """Return a spec that Vega reads: finite, with the revisions in their colours, that names no address.

    Without `$schema`, which names the version of Vega-Lite that a template was written for: a later one reads it.
    Without `usermeta`, by which a template would tell the page how to embed it.
    """
    kept = {key: value for key, value in spec.items() if key not in ("$schema", "usermeta")}
    fixed: dict[str, Any] = _cleaned(kept, revisions)
    return fixed


def _cleaned(value: Any, revisions: tuple[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        kept = {name: _cleaned(item, revisions, name) for name, item in value.items() if name not in ("url", "href")}
        if kept.get("field") == "rev" and key in ("color", "stroke", "fill"):
            kept["scale"] = {"domain": list(revisions), "range": [BASE, HEAD]}
        return kept
    if isinstance(value, list):
        return [_cleaned(item, revisions, key) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _compact(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec with the names of the columns written once; the page's script puts the rows back."""
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
