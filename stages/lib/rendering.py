"""Turns questions and their evidence into the two files of the report.

Whatever comes from a file of params or metrics is escaped: by Jinja2 in the page, by `|tojson` in the
data that the page's scripts read, and by `code` and `|cell` in Markdown.
"""

import base64
import math
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vl_convert
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from stages.lib.charts import Chart
from stages.lib.files import write_text
from stages.lib.network_file import Layer
from stages.lib.points import Points

TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = ("activations.js", "planes.js", "playground.js", "page.js")  # in the order in which they build on each other
PLANE_PLACES = 100  # along each side of an embedded grid; 200 would make the page 0.5 MB larger
MOST_PARAMETERS = 20_000  # of a network to play with; a larger one would make the page slow and large


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it shows, for those who can't see it."""

    path: Path
    alt: str

    @property
    def uri(self) -> str:
        """Returns the picture as text that stands in a page."""
        return f"data:image/png;base64,{base64.b64encode(self.path.read_bytes()).decode()}"

    @property
    def size(self) -> tuple[int, int]:
        """Returns width and height in pixels, so that a page needs not move when the picture is there."""
        width, height = struct.unpack(">II", self.path.read_bytes()[16:24])
        return width, height


@dataclass(frozen=True)
class Table:
    """A row for each variant; the columns are given as heading: (column of `rows`, format)."""

    rows: pd.DataFrame
    columns: dict[str, tuple[str, str]]

    def cells(self) -> Iterator[list[tuple[str, str]]]:
        """Returns for each row its cells: the text to read, and the value to sort by, empty where there is none."""
        for row in self.rows.to_dict("records"):
            yield [_cell(row[name], form) for name, form in self.columns.values()]


@dataclass(frozen=True)
class Question:
    """A question with its answer and the evidence.

    Args:
        stage: the stage that asks it.
        text: the question, as the stage puts it.
        answer: Markdown, made from the metrics of the stage.
        params: the sections of params.yaml that the stage reads.
        command: asks the same with other values.
        charts: may be none, as all that follow.
        pictures: the first one shows the answer best.
        table: the figures of all variants.
        network: what to call the trained network, and its layers.
    """

    stage: str
    text: str
    answer: str
    params: dict[str, Any]
    command: str
    charts: tuple[Chart, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None
    network: tuple[str, list[Layer]] | None = None

    @property
    def params_text(self) -> str:
        """Returns the sections as they stand in params.yaml, without its comments."""
        plain = {name: asdict(value) if is_dataclass(value) else value for name, value in self.params.items()}  # type: ignore[arg-type]
        return yaml.safe_dump(plain, sort_keys=False).rstrip()


@dataclass(frozen=True)
class Learning:
    """A network while it learns: its answers on the grid by epoch, shape (points, points), and its curves."""

    grids: dict[int, np.ndarray]
    curves: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class Report:
    """All that both files are made from; `limit` is half the side of the square that they show."""

    questions: list[Question]
    points: Points
    learning: Learning
    limit: float


def write_html(report: Report, path: Path) -> None:
    """Returns nothing; writes one file that needs no other and no network."""
    template = _environment(autoescape=True).get_template("report.html")
    sources = "\n".join((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS)
    page = template.render(
        report=report,
        data=_data(report),
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),
        library=inline_script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")),
        script=inline_script(sources),
    )
    write_text(page, path)


def write_markdown(report: Report, path: Path) -> None:
    """Returns nothing; writes the answers with links to the pictures where they are."""
    environment = _environment(autoescape=False)
    environment.filters["link"] = lambda target: Path(os.path.relpath(target, path.parent)).as_posix()
    write_text(environment.get_template("report.md").render(report=report), path)


def inline_script(source: str) -> Markup:
    """Returns JavaScript that stands in a page: no text in it ends the script or begins a comment of HTML."""
    return Markup(re.sub(r"<(/script|!--)", r"<\\\1", source, flags=re.IGNORECASE))


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False, "separators": (",", ":")}
    environment.filters |= {"marked": _marked, "cell": _markdown_cell, "anchor": _anchor}
    return environment


def _marked(text: str) -> Markup:
    """Returns the Markdown of an answer as HTML: escaped, then what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _markdown_cell(text: str) -> str:
    """Returns text for a cell of a Markdown table, where a bar would end the cell."""
    return re.sub(r"([\\|<>\[\]*_])", r"\\\1", text).replace("\n", " ")


def _anchor(heading: str) -> str:
    """Returns the name that code hosts give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _cell(value: Any, form: str) -> tuple[str, str]:
    if isinstance(value, str):
        return value, value
    return (f"{value:{form}}", repr(value)) if math.isfinite(value) else ("none", "")


def _data(report: Report) -> dict[str, Any]:
    """Returns what the scripts read, as lists and numbers that JSON knows."""
    charts = {
        f"{question.stage}-{i}": {"spec": chart.spec, "table": _columns(chart.table)}
        for question in report.questions
        for i, chart in enumerate(question.charts)
    }
    networks = [
        {"title": question.network[0], "layers": _layers(question.network[1])}
        for question in report.questions
        if question.network
    ]
    places = zip(report.points.x, report.points.y[:, 0], strict=True)
    points = [[_shortest(x1), _shortest(x2), int(label)] for (x1, x2), label in places]
    learning = report.learning
    return {
        "charts": charts,
        "learning": {
            "curves": _columns(learning.curves),
            "grids": [{"epoch": epoch, **_quantised(grid)} for epoch, grid in sorted(learning.grids.items())],
        },
        "limit": report.limit,
        "networks": networks,
        "points": points,
    }


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Returns the names once and then the rows, a third of the size of records; what is no number is null."""
    return {"names": list(table.columns), "rows": table.astype(object).where(table.notna(), None).to_numpy().tolist()}


def _layers(layers: list[Layer]) -> list[dict[str, Any]]:
    """Returns the layers; those of a large network without their weights."""
    small = sum(layer.kernel.size + layer.bias.size for layer in layers) <= MOST_PARAMETERS
    return [
        {
            "activation": layer.activation,
            "shape": list(layer.kernel.shape),
            "kernel": [[_shortest(weight) for weight in row] for row in layer.kernel] if small else None,
            "bias": [_shortest(weight) for weight in layer.bias] if small else None,
        }
        for layer in layers
    ]


def _shortest(value: np.float32) -> float | None:
    """Returns the number with the fewest digits that is read as the same float32."""
    return float(str(value)) if np.isfinite(value) else None


def _quantised(grid: np.ndarray) -> dict[str, Any]:
    """Returns probabilities in steps of 1/255, in base64, on at most 100 places along each side."""
    kept = np.unique(np.linspace(0, len(grid) - 1, min(len(grid), PLANE_PLACES)).round().astype(int))
    steps = np.nan_to_num(grid[np.ix_(kept, kept)] * 255).round().astype(np.uint8)
    return {"places": len(kept), "steps": base64.b64encode(steps.tobytes()).decode()}
