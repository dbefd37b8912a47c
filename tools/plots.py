"""Write the templates by which `dvc plots` draws the tables: `.dvc/plots/<stage>_<table>.json`.

They hold the charts of the report, from the one definition in stages/lib/publish/charts.py. `python -m tools.plots`
writes them anew, and removes those of tables that no page draws any more.
"""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from stages.lib.analysis.page import Page, pages
from stages.lib.core.files import write_text
from stages.lib.publish.charts import Drawn, drawn
from stages.lib.publish.encodings import CONFIG
from stages.lib.publish.specs import by_revision, numbers_of

FOLDER = Path(".dvc/plots")
SIZE = {"width": 400, "height": 260}
CELL = {"width": 160, "height": 160}
ABOUT = "Click a name in a legend to single it out."


def main(folder: Path = FOLDER) -> None:
    """Write all templates into the folder, and remove what else is there."""
    written = templates()
    for path in folder.glob("*.json"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        write_text(text, folder / name)


def templates() -> dict[str, str]:
    """Return the text of each template by the name of its file."""
    return {
        f"{page.stage}_{table}.json": json.dumps(template(page, [*charts]), indent=1, ensure_ascii=False) + "\n"
        for page in pages()
        for table, charts in groupby(sorted(charts_of(page), key=lambda chart: chart.table), lambda chart: chart.table)
    }


def charts_of(page: Page) -> list[Drawn]:
    """Return what a page has drawn, without epochs that are pointed out, which are those of one revision."""
    return [picture for chart in page.charted() for picture in drawn(chart)]


def template(page: Page, charts: list[Drawn]) -> dict[str, Any]:
    """Return the charts of one table beside each other, with the anchor that DVC replaces with the rows.

    DVC hands over all values as text, so that those that are numbers are parsed.
    """
    numbers = sorted(set().union(*(numbers_of(chart.spec) for chart in charts)))
    mixed = any("facet" in chart.spec for chart in charts)  # a map of panels needs a row and a legend of its own
    params = {param["name"]: param for chart in charts for param in chart.spec["params"]}  # `chosen` holds for all
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": page.question} | ({"subtitle": ABOUT} if page.key and "chosen" in params else {}),
        "description": " ".join(chart.description for chart in charts),
        "data": {"values": "<DVC_METRIC_DATA>", "format": {"parse": dict.fromkeys(numbers, "number")}},
        "params": [*params.values()],
        "concat": [panel(chart) for chart in charts],
        "columns": 1 if mixed else 2,
        "resolve": {"scale": {"color": "independent", "shape": "independent"}} if mixed else {},
        "config": CONFIG,
    }


def panel(chart: Drawn) -> dict[str, Any]:
    """Return a chart with its title and size, which tells revisions apart."""
    spec = by_revision({name: part for name, part in chart.spec.items() if name != "params"})
    if "facet" in spec:
        size = CELL if "column" in spec["facet"] else SIZE
        spec = spec | {"spec": size | spec["spec"]}
    else:
        spec = SIZE | spec
    return {"title": chart.title} | spec


if __name__ == "__main__":
    main()
