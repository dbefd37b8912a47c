"""Draws Vega-Lite in a child process: a template may ask for more than there is."""

from pathlib import Path
from typing import Any

import vl_convert

from review.children import at


def draw(request: list[dict[str, Any]]) -> list[str]:
    """Return why a spec can't be drawn as PNG, or nothing, for each; nothing that a spec names is fetched."""
    failures = []
    for entry in request:
        at(Path(entry["path"]).name)
        failures.append(_draw(entry["spec"], Path(entry["path"])))
    return failures


def _draw(spec: dict[str, Any], path: Path) -> str:
    try:
        path.write_bytes(vl_convert.vegalite_to_png(spec, allowed_base_urls=[]))
    except Exception as error:  # noqa: BLE001  whatever a foreign template makes Vega raise
        return " ".join(str(error).splitlines()[:2])[:200] or type(error).__name__
    return ""


def library(_: Any) -> str:
    """Return Vega, which draws the curves in the page."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle
