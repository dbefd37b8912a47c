"""Turns questions and their evidence into the two files of the report.

Whatever comes from a file of params or metrics is escaped: by Jinja2 in the page, by `|tojson` in the
data that the page's scripts read, and by `code` and `|cell` in Markdown.
"""

import base64
import html
import math
import os
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vl_convert
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from stages.lib.analysis.chapter import Chapter, Chart, Column
from stages.lib.core.files import write_text
from stages.lib.core.plan import Recipe
from stages.lib.core.points import Description, Points
from stages.lib.publish.charts import Drawn, drawn
from stages.lib.publish.classes import axis_of, colour_of, label_of, marker_of, thinned
from stages.lib.publish.drawing import MOST_POINTS, aspect_of
from stages.lib.publish.encodings import look
from stages.lib.publish.specs import columns_of

TEMPLATES = Path(__file__).with_name("templates")
# In the order in which they build on each other.
SCRIPTS = ("activations.js", "planes.js", "playground.js", "descent.js", "training.js", "page.js")
PLANE_PLACES = 100  # along each side of an embedded grid; 200 would make the page 0.5 MB larger
GRID_PLACES = 60_000  # of an embedded grid of many classes, all of them together; an MB of the page at most
MOST_INPUTS = 40  # to play with; more sliders would fill several screens
SIDE = 640  # of a plane, in pixels, the longer one
START = (0.625, 0.375)  # shares of the axes
NOT_IN_THE_PLANE = (
    "The points do not lie in a plane, so that the picture of a network shows on the left how many validation points "
    "of each class it takes for which."
)
COMPONENTS = (
    "On the right, and in the picture of the training points, they lie along the first two principal components: the "
    "two directions in which the training points vary most. Those that are right are pale; those that are wrong have "
    "a dark edge."
)
ONE_COLUMN = (
    "On the right they lie along their only column, a row for each class. Those that are right are pale; those that "
    "are wrong have a dark edge."
)
STANDARDISED = (
    "Columns are standardised: the mean of the training points is taken away, and the rest divided by their standard "
    "deviation."
)
GLYPHS = dict(zip("o^sDvP*X<>", "●▲■◆▼✚★✖◀▶", strict=True))  # of markers in matplotlib's spelling
MOST_PARAMETERS = 20_000  # of a network to play with; a larger one would make the page slow and large


@dataclass(frozen=True)
class Layer:
    """A `Dense` layer: its activation in Keras's name, kernel, shape (in, out), and bias, shape (out,), float32."""

    activation: str
    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it shows, for those who can't see it."""

    path: Path
    alt: str

    @property
    def uri(self) -> str:
        """Return the picture as text that stands in a page."""
        return f"data:image/png;base64,{base64.b64encode(self.path.read_bytes()).decode()}"

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels, so that a page needs not move when the picture is there."""
        width, height = struct.unpack(">II", self.path.read_bytes()[16:24])
        return width, height


@dataclass(frozen=True)
class Table:
    """A row for each variant."""

    rows: pd.DataFrame
    columns: tuple[Column, ...]

    def cells(self) -> Iterator[list[tuple[str, str]]]:
        """Return for each row its cells: the text to read, and the value to sort by, empty where there is none."""
        for row in self.rows.to_dict("records"):
            yield [_cell(row[column.name], column.format) for column in self.columns]


@dataclass(frozen=True)
class Question:
    """A chapter with its evidence.

    Args:
        chapter: the question and its answer.
        params: the sections of params.yaml that the stage follows from.
        reasons: the charts of what a reason was measured by; may be none, as all that follow.
        charts: of what was found.
        tables: that the charts draw, by their names.
        pictures: the first one shows the answer best.
        table: the figures of all variants.
        layers: of the trained network.
        still: how it learns, as a picture.
    """

    chapter: Chapter
    params: dict[str, Any]
    reasons: tuple[Drawn, ...] = ()
    charts: tuple[Drawn, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None
    layers: tuple[Layer, ...] = ()
    still: Picture | None = None

    @property
    def drawn(self) -> dict[str, Drawn]:
        """Return all charts by what tells them apart in the page."""
        why = {f"why-{number}": chart for number, chart in enumerate(self.reasons)}
        return {str(number): chart for number, chart in enumerate(self.charts)} | why

    def specs_of(self, table: str) -> list[dict[str, Any]]:
        """Return the specifications of the charts that draw a table."""
        return [chart.spec for chart in self.drawn.values() if chart.table == table]

    @property
    def params_text(self) -> str:
        """Return the sections as they stand in params.yaml, without its comments."""
        plain = {name: asdict(value) if is_dataclass(value) else value for name, value in self.params.items()}  # type: ignore[arg-type]
        return yaml.safe_dump(plain, sort_keys=False).rstrip()


@dataclass(frozen=True)
class Learning:
    """A network while it learns, from which a reader's own training begins.

    Args:
        grids: its answers in the plane by epoch, as `drawing` has them.
        curves: its loss and its accuracy by epoch.
        recipe: of the network.
        seed: of the study.
        validation: the points that it is judged by.
    """

    grids: dict[int, np.ndarray]
    curves: pd.DataFrame = field(repr=False)
    recipe: Recipe
    seed: int
    validation: Points


@dataclass(frozen=True)
class Report:
    """All that both files are made from.

    Args:
        questions: with their answers and the evidence.
        points: that the networks have learned.
        description: of the points.
        shown: the picture of the points.
        learning: of a network that was followed, where the points lie in a plane.
    """

    questions: list[Question]
    points: Points
    description: Description
    shown: Picture
    learning: Learning | None = None

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        """Return the colour, the marker and the name of each class."""
        names = enumerate(self.description.classes)
        return [(colour_of(label), GLYPHS[marker_of(label)], name) for label, name in names]

    @property
    def several(self) -> bool:
        """Return whether there are more than two classes, and so an output for each."""
        return len(self.description.classes) > 2

    @property
    def live(self) -> Drawn:
        """Return the chart of the loss of a network that a reader trains."""
        return drawn(Chart("learning", classes=len(self.description.classes)))[0]

    @property
    def playable(self) -> bool:
        """Return whether there are so few columns that a reader can set them all."""
        return len(self.description.features) <= MOST_INPUTS

    @property
    def plane(self) -> tuple[int, int]:
        """Return width and height of the plane in pixels."""
        across, up = (high - low for low, high in self.description.limits)
        if aspect_of(self.description) == "auto":
            return SIDE, SIDE
        return round(SIDE * min(1, across / up)), round(SIDE * min(1, up / across))

    @property
    def start(self) -> list[float]:
        """Return the place of the plane that is asked about first: off its middle, where many networks waver."""
        places = zip(START, self.description.limits, strict=True)
        return [round(low + share * (high - low), _places(high - low)) for share, (low, high) in places]

    @property
    def step(self) -> list[float]:
        """Return by how much a coordinate grows at a press of its arrow: an 80th of its axis, in one digit."""
        return [float(f"{(high - low) / 80:.1g}") for low, high in self.description.limits]

    @property
    def notes(self) -> str:
        """Return what must be known to read the pictures; of columns that are drawn as they are, nothing."""
        sentences = []
        if not self.description.in_the_plane:
            sentences += [NOT_IN_THE_PLANE, COMPONENTS if len(self.description.features) > 1 else ONE_COLUMN]
        if self.description.mean:
            sentences += [STANDARDISED]
        return " ".join(sentences)

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """Return each column as a reader sets it, before it is standardised, with the mean of the training points."""
        columns = len(self.description.features)
        offsets, scales = self.description.mean or (0.0,) * columns, self.description.deviation or (1.0,) * columns
        means = self.points.x.astype(np.float64).mean(axis=0)
        rows = zip(self.description.features, self.description.limits, means, offsets, scales, strict=True)
        return [
            {
                "name": name,
                "low": _digits(low * scale + offset),
                "high": _digits(high * scale + offset),
                "start": _digits(mean * scale + offset),
                "offset": offset,
                "scale": scale,
            }
            for name, (low, high), mean, offset, scale in rows
        ]


def write_html(report: Report, path: Path) -> None:
    """Write one file that needs no other and no network."""
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
    """Write the answers with links to the pictures where they are."""
    environment = _environment(autoescape=False)
    environment.filters["link"] = lambda target: Path(os.path.relpath(target, path.parent)).as_posix()
    write_text(environment.get_template("report.md").render(report=report), path)


def inline_script(source: str) -> Markup:
    """Return JavaScript that stands in a page: no text in it ends the script or begins a comment of HTML."""
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
    environment.globals["axis_of"] = axis_of
    return environment


def _marked(text: str) -> Markup:
    """Return the Markdown of an answer as HTML: escaped, then what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _markdown_cell(text: str) -> str:
    """Return text for a cell of a Markdown table, where a bar would end the cell, and no HTML is meant."""
    return re.sub(r"([\\|\[\]*_`])", r"\\\1", html.escape(text, quote=False)).replace("\n", " ")


def _anchor(heading: str) -> str:
    """Return the name that code hosts give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _cell(value: Any, form: str) -> tuple[str, str]:
    if form == "worse":  # than the best variant, which is told as `same_as_best`
        value = "no" if value else "yes"
    if isinstance(value, str):
        return value, value
    return (f"{value:{form}}", repr(value)) if math.isfinite(value) else ("none", "")


def _data(report: Report) -> dict[str, Any]:
    """Return what the scripts read, as lists and numbers that JSON knows."""
    charts = {
        f"{question.chapter.stage}-{key}": {"spec": chart.spec, "table": f"{question.chapter.stage}/{chart.table}"}
        for question in report.questions
        for key, chart in question.drawn.items()
    }
    tables = {
        f"{question.chapter.stage}/{name}": _columns(_read(table, question.specs_of(name)))
        for question in report.questions
        for name, table in question.tables.items()
    }
    networks = [
        {"title": question.chapter.title, "layers": _layers(question.layers)}
        for question in report.questions
        if question.layers
    ]
    description, learning = report.description, report.learning
    if learning:
        charts["train"] = {"spec": report.live.spec, "table": "train"}
        tables["train"] = {"names": ["epoch", "loss", "val_loss"], "rows": []}
    return {
        "charts": charts,
        "tables": tables,
        "looks": {theme: look(theme) for theme in ("light", "dark")},
        "learning": learning
        and {
            "curves": _columns(learning.curves),
            "grids": [{"epoch": epoch, **_quantised(grid)} for epoch, grid in sorted(learning.grids.items())],
        },
        "training": learning
        and {"activation": _named(learning.recipe.activation), "validation": _points(learning.validation)},
        "classes": [
            {
                "name": name,
                "named": description.named(label),
                "label": label_of(description, label),
                "colour": colour_of(label),
                "marker": marker_of(label),
            }
            for label, name in enumerate(description.classes)
        ],
        "features": [
            {"name": name, "low": low, "high": high}
            for name, (low, high) in zip(description.features, description.limits, strict=True)
        ],
        "inputs": report.inputs if report.playable else [],
        "networks": networks if report.playable else [],
        "points": _points(report.points) if description.in_the_plane else [],
    }


def _named(activation: str | tuple[str, ...]) -> str:
    """Return the activation of the hidden layers, or those of each, as a reader chooses it."""
    return activation if isinstance(activation, str) else ", ".join(activation)


def _points(points: Points) -> list[list[Any]]:
    """Return x1, x2 and the class of points in the plane."""
    shown = thinned(points, MOST_POINTS)
    places = zip(shown.x, shown.y[:, 0], strict=True)
    return [[_shortest(x1), _shortest(x2), int(label)] for (x1, x2), label in places]


def _read(table: pd.DataFrame, specs: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the columns that any of the charts reads."""
    read = set().union(*map(columns_of, specs))
    return table[[name for name in table if name in read]]


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Return the names once and then the rows, a third of the size of records; what is no number is null."""
    return {"names": list(table.columns), "rows": table.astype(object).where(table.notna(), None).to_numpy().tolist()}


def _layers(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Return the layers; those of a large network without their weights."""
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
    """Return the number with the fewest digits that is read as the same float32."""
    return float(str(value)) if np.isfinite(value) else None


def _places(span: float) -> int:
    """Return how many places after the point tell a thousand values of an axis of this length."""
    return max(0, 3 - math.floor(math.log10(span)))


def _digits(value: float) -> float:
    """Return a number with six digits that count, as a reader sets it."""
    return float(f"{value:.6g}")


def _quantised(grid: np.ndarray) -> dict[str, Any]:
    """Return probabilities in steps of 1/255, in base64, class by class, on at most 100 places along each side."""
    grids = grid if grid.ndim == 3 else grid[None]
    places = min(grids.shape[1], PLANE_PLACES, math.isqrt(GRID_PLACES // len(grids)))
    kept = np.unique(np.linspace(0, grids.shape[1] - 1, places).round().astype(int))
    steps = np.nan_to_num(grids[:, kept][:, :, kept] * 255).round().astype(np.uint8)
    return {"places": len(kept), "steps": [base64.b64encode(of_class.tobytes()).decode() for of_class in steps]}
