"""What a Vega-Lite specification reads, and how it tells revisions apart."""

import re
from collections.abc import Iterator
from typing import Any

from stages.lib.publish.encodings import BY_ROW, ROW, Spec

REVISIONS = ["#0072B2", "#D55E00", "#00805E", "#B0558A", "#7A6A00", "#555555"]
REV = {"field": "rev", "type": "nominal", "title": "revision", "sort": None}


def columns_of(spec: Spec) -> set[str]:
    """Return the columns that a specification reads."""
    fields = {name for part in _parts(spec) for name in _fields(part)}
    return fields - {name for part in _parts(spec) for name in _as_list(part.get("as"))}


def numbers_of(spec: Spec) -> set[str]:
    """Return the columns that a specification reads as numbers."""
    kinds = ("quantitative", "ordinal")
    encoded = {part["field"] for part in _parts(spec) if part.get("type") in kinds and "field" in part}
    return columns_of(spec) & encoded | {name for part in _parts(spec) for name in _as_list(part.get("fold"))}


def by_revision(spec: Spec) -> Spec:
    """Return a specification that tells the revisions of its rows apart, as `dvc plots diff` has them.

    They are told by colour where that tells nothing else, and else stand in rows.
    """
    if "facet" in spec:
        return spec | {"facet": {"column": spec["facet"], "row": REV | BY_ROW}}
    encoding = spec["encoding"]
    if "color" in encoding:
        return {"transform": [ROW], "facet": {"row": REV | BY_ROW}, "spec": spec}
    beside = {"yOffset": REV} if encoding.get("y", {}).get("type") == "nominal" else {}
    colour = {"color": REV | {"scale": {"range": REVISIONS}}}
    return spec | {"encoding": encoding | colour | beside}


def _parts(spec: Any) -> Iterator[Spec]:
    """Yield every object in a specification, itself too, but for what has rows of its own."""
    if isinstance(spec, dict) and "data" not in spec:
        yield spec
        for value in spec.values():
            yield from _parts(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _parts(value)


def _fields(part: Spec) -> Iterator[str]:
    yield from (name for key in ("field", "fields", "fold", "groupby") for name in _as_list(part.get(key)))
    for key in ("calculate", "filter", "test", "expr"):
        yield from re.findall(r"datum\.(\w+)", str(part.get(key, "")))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
