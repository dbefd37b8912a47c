"""What charts are made of, as parts of Vega-Lite specifications: colours, dashes, axes, marks and tips.

What has a name keeps its colour and dash from page to page, whichever others are shown. Along axes of numbers a chart
can be zoomed and panned; a click on the name in a legend singles out what it stands for.
"""

import math
from typing import Any

from stages.lib.analysis.chapter import Chart

Spec = dict[str, Any]

# What diverges would press all other curves flat: nats, and times the loss of a constant answer to many classes.
HIGHEST_LOSS, TIMES_CONSTANT = 2.0, 1.5
ZOOM = {
    "type": "interval",
    "zoom": "wheel![event.ctrlKey || event.metaKey]",  # a plain wheel must go on scrolling the page
}
# Their lengths, 10 and 7, have no common factor: 70 names get pairs of their own, and neighbours differ in both.
PALETTES = {
    "light": [
        "#0072B2",
        "#D55E00",
        "#00805E",
        "#B0558A",
        "#7A6A00",
        "#4B53BC",
        "#B8233F",
        "#006D77",
        "#8A3FFC",
        "#555555",
    ],
    "dark": [
        "#56B4E9",
        "#F28E4B",
        "#2FC59A",
        "#E3A1C6",
        "#F0E442",
        "#9AA7FF",
        "#FF8FA3",
        "#8FD3A8",
        "#C9A0FF",
        "#C9C9C9",
    ],
}
SHAPES = [
    "circle",
    "square",
    "cross",
    "diamond",
    "triangle-up",
    "triangle-right",
    "triangle-down",
    "triangle-left",
    "wedge",
]
DASHES = [[1, 0], [7, 3], [2, 2], [12, 3], [8, 3, 2, 3], [4, 2], [2, 5]]
# Ends of the scale that the background would swallow are left out.
SHADES = {"light": [0, 0.85], "dark": [0.3, 1]}
# A logarithmic axis.
DECADES = {"scale": {"type": "log", "padding": 12}, "axis": {"grid": False, "tickCount": 5, "format": "~g"}}
# From which value to which a number has colours of its own; others are placed and coloured by their rank.
SPANS = {"learning_rate": (1e-6, 10.0), "batch_size": (4.0, 1209.0), "l2": (1e-6, 0.1)}
MIXED = {"value"}  # what may hold numbers or names, and so is told apart by names, in the order of the rows
# A scale that moves no mark, made for what it knows: the values that are shown, in their order.
SHOWN = "domain('angle')"
LABEL = "datum.value > 0 && datum.value < 0.001 ? format(datum.value, '~e') : format(datum.value, '~g')"
# Vega-Lite sorts panels by name where it is not told by what; these stand in the order of their rows.
ROW = {"window": [{"op": "row_number", "as": "row"}]}
BY_ROW = {"sort": {"op": "min", "field": "row"}}


def look(theme: str) -> Spec:
    """Return the colours of a theme, light or dark, as a part of Vega-Lite's config."""
    shades = {"scheme": "viridis", "extent": SHADES[theme]}
    return {"category": PALETTES[theme], "ordinal": shades, "ramp": shades, "heatmap": {"scheme": "viridis"}}


# Of a light page: of `dvc plots`, and of pictures.
CONFIG: Spec = {
    "range": look("light"),
    "legend": {
        "symbolOpacity": 1,
        "symbolType": "stroke",
        "symbolSize": 400,
        "symbolStrokeWidth": 2,
        "symbolLimit": 50,
    },
    "axis": {"titleFontWeight": "normal", "labelSeparation": 6},
    "title": {"anchor": "start"},
}


def words(name: str) -> str:
    """Return a name of Keras's as words."""
    return name.replace("_", " ")


def is_named(chart: Chart) -> bool:
    """Return whether variants have names rather than numbers."""
    return bool(chart.names) or chart.key in MIXED


def marks(name: str, chart: Chart, encoding: Spec, tips: list[Spec]) -> Spec:
    """Return a mark for each row, told apart by the colour and the shape of its variant."""
    shape = named(chart, symbolSize=90)
    seen = {"condition": {"param": "chosen", "value": 0.8}, "value": 0.05}
    return {
        "params": [chosen(chart.key, name), zoom(name)],
        "encoding": {
            **encoding,
            "color": colour(chart, symbolSize=90),
            "shape": shape | {"scale": shape["scale"] | {"range": SHAPES}},
        },
        "layer": [
            {
                "name": name,
                "mark": {"type": "point", "filled": True, "size": 90, "clip": True},
                "encoding": {"opacity": seen, "angle": shown(chart), "tooltip": tips},
            }
        ],
    }


def lines(name: str, tips: list[Spec], chart: Chart | None = None) -> list[Spec]:
    """Return a line for each variant, and over them points that are seen when the pointer is on them.

    A line alone is too thin to point at, and with `nearest` Vega-Lite loses the names in tooltips.
    """
    near = {"name": f"near_{name}", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}
    faint = {"condition": {"param": "chosen", "value": 1}, "value": 0.08}
    seen = {"condition": {"param": near["name"], "empty": False, "value": 1}, "value": 0}
    return [
        {
            "name": name,
            "mark": {"type": "line", "clip": True, "strokeWidth": 2},
            "encoding": {"opacity": faint} | (looks(chart) if chart else {}),
        },
        {
            "params": [near],
            "mark": {"type": "point", "clip": True, "filled": True, "size": 120},
            "encoding": {"opacity": seen, "tooltip": tips} | ({"angle": shown(chart)} if chart else {}),
        },
    ]


def looks(chart: Chart) -> Spec:
    """Return what a line looks like by its variant.

    Its scales stand there alone, and are those of the points over the lines too: Vega-Lite complains where two layers
    add names to one scale, even if they are the same.
    """
    return {"color": colour(chart), "strokeDash": dash(chart)}


def unscaled(encoding: Spec) -> Spec:
    """Return an encoding without its scale, which stands with another layer."""
    return {name: part for name, part in encoding.items() if name != "scale"}


def named(chart: Chart, **legend: Any) -> Spec:
    """Return an encoding of a name by its place among all that the chart knows, and then among the others.

    The legend has those shown.
    """
    return {
        "field": chart.key,
        "type": "nominal",
        "title": words(chart.key),
        "scale": {"domain": {"unionWith": [*chart.names]}},
        "sort": None,
        "legend": {"values": {"expr": SHOWN}} | legend,
    }


def colour(chart: Chart, **legend: Any) -> Spec:
    """Return the colour of a variant: by its name, or by its value where it is a number."""
    if is_named(chart):
        return named(chart, **legend)
    legend |= {"type": "symbol", "values": {"expr": SHOWN}, "labelExpr": LABEL, "symbolDash": dashes("value")}
    by_value = {"field": chart.key, "type": "ordinal", "title": words(chart.key), "legend": legend}
    if chart.key not in SPANS:
        return by_value
    least, greatest = SPANS[chart.key]
    symlog = {"type": "symlog", "constant": least, "domain": [0, greatest], "clamp": True}
    return by_value | {"type": "quantitative", "scale": symlog}


def dash(chart: Chart) -> Spec:
    """Return the dash of a variant: by its name, or by its value where it is a number."""
    if is_named(chart):
        by_name = named(chart)
        return by_name | {"scale": by_name["scale"] | {"range": DASHES}}
    return {"value": dashes(chart.key)}


def dashes(field: str) -> Spec:
    """Return the dash of a number: by how many times it was doubled from 1, or halved."""
    return {"expr": f"{DASHES}[abs(round(log(datum.{field}) / LN2)) % {len(DASHES)} || 0]"}


def shown(chart: Chart) -> Spec:
    """Return an encoding that turns no mark; its scale is what `SHOWN` reads."""
    kind = {"type": "nominal", "sort": None} if is_named(chart) else {"type": "ordinal"}
    return {"field": chart.key, **kind, "title": words(chart.key), "scale": {"range": [0]}, "legend": None}


def place(chart: Chart) -> Spec:
    """Return the axis of the variants: numbers by their size or their rank, names in the order of the params.

    A number at 0 has a place of its own before all others, and a tick there.
    """
    variant = {"field": chart.key, "title": words(chart.key)}
    if is_named(chart):
        return variant | {"type": "nominal", "sort": None}
    labels = {"labelExpr": LABEL, "labelOverlap": "greedy", "grid": False}
    if chart.key not in SPANS:
        return variant | {"type": "ordinal", "axis": labels | {"labelAngle": 0}}
    least, _ = SPANS[chart.key]
    symlog = {"type": "symlog", "constant": least / 10, "zero": False, "nice": False, "padding": 12}
    return variant | {"type": "quantitative", "scale": symlog, "axis": labels | {"values": {"expr": SHOWN}}}


def rule(label: str, epoch: int) -> Spec:
    """Return a dotted line at an epoch, with its label in a tip."""
    return {
        "data": {"values": [{"epoch": epoch, "label": f"{label}: epoch {epoch}"}]},
        "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 2, "clip": True},
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative"},
            "y": None,
            "strokeDash": None,
            "tooltip": {"field": "label"},
        },
    }


def chosen(field: str, view: str) -> Spec:
    """Return what singles out the names that are clicked in the legend of a view."""
    return {"name": "chosen", "select": {"type": "point", "fields": [field]}, "bind": "legend", "views": [view]}


def zoom(view: str, chart: Chart | None = None) -> Spec:
    """Return what zooms a view: along both axes, but for one of ranks, which has no between."""
    ranked = chart is not None and chart.key not in SPANS
    select = ZOOM | ({"encodings": ["y"]} if ranked else {})
    return {"name": f"zoom_{view}", "select": select, "bind": "scales", "views": [view]}


def axis(field: str, title: str | None = None) -> Spec:
    """Return an axis of numbers, by default with the name of its field as its title."""
    return {"field": field, "type": "quantitative", "title": title or field}


def scale(metric: str, chart: Chart) -> Spec:
    """Return the scale of a metric: of a loss logarithmic, up to what is still worth a look."""
    if not metric.endswith("loss"):
        return {"zero": False}
    return {"type": "log", "domainMax": max(HIGHEST_LOSS, round(TIMES_CONSTANT * math.log(chart.classes), 1))}


def tip(field: str, title: str | None = None) -> Spec:
    """Return a number in a tip: as it is, or with a title and to four digits."""
    form = "~g" if title is None else ".4~g"
    return {"field": field, "type": "quantitative", "title": title or field, "format": form}


def tips_of(metric: str, *fields: str) -> list[Spec]:
    """Return the mean, the least and the greatest over the replicates."""
    return [tip(field.format(metric), name) for field, name in zip(fields, ("mean", "least", "greatest"), strict=True)]


def tip_of_name(field: str) -> Spec:
    """Return a name in a tip."""
    return {"field": field, "type": "nominal", "title": words(field)}


def tip_of(chart: Chart) -> Spec:
    """Return the variant in a tip."""
    return tip_of_name(chart.key) if is_named(chart) else tip(chart.key, words(chart.key))
