"""Charts as Vega-Lite specifications without their data, each defined once, for the report and for `dvc plots`.

A definition depends on the chart alone, never on the rows that it draws. What has a name keeps its colour and dash
from page to page, whichever others are shown. Along axes of numbers a chart can be zoomed and panned; a click on the
name in a legend singles out what it stands for.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stages.lib.analysis.chapter import Chart

Spec = dict[str, Any]

LOSS, ACCURACY = "val_loss", "val_accuracy"
TITLES = {
    "loss": "loss (nats)",
    "accuracy": "accuracy",
    LOSS: "validation loss (nats)",
    ACCURACY: "validation accuracy",
}
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
REVISIONS = ["#0072B2", "#D55E00", "#00805E", "#B0558A", "#7A6A00", "#555555"]
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
REV = {"field": "rev", "type": "nominal", "title": "revision", "sort": None}
# Vega-Lite sorts panels by name where it is not told by what; these stand in the order of their rows.
ROW = {"window": [{"op": "row_number", "as": "row"}]}
BY_ROW = {"sort": {"op": "min", "field": "row"}}

RATES = {"labelExpr": LABEL, "tickCount": 6, "grid": False}


@dataclass(frozen=True)
class Drawn:
    """A specification, a heading, a description for those who can't see it, and the name of the table it draws."""

    title: str
    description: str
    spec: Spec
    table: str


def drawn(chart: Chart) -> tuple[Drawn, ...]:
    """Return what a chart looks like: one picture or several. Its kind is a name of `KINDS`."""
    return KINDS[chart.kind](chart)


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


def words(name: str) -> str:
    """Return a name of Keras's as words."""
    return name.replace("_", " ")


def _learning(chart: Chart) -> tuple[Drawn, ...]:
    """Return the loss and the accuracy of one run by epoch, on training and validation points."""
    rules = [_rule(label, epoch) for label, epoch in chart.marks.items() if epoch is not None]
    return tuple(_learning_chart(chart, metric, rules) for metric in ("loss", "accuracy"))


def _learning_chart(chart: Chart, metric: str, rules: list[Spec]) -> Drawn:
    points = {
        "field": "points",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["training", "validation"], "range": DASHES},
    }
    spec = {
        "params": [_chosen("points", metric), _zoom(metric)],
        "transform": [
            {"fold": [metric, f"val_{metric}"], "as": ["metric", "value"]},
            {"calculate": f"datum.metric === '{metric}' ? 'training' : 'validation'", "as": "points"},
        ],
        "encoding": {
            "x": _axis("epoch"),
            "y": _axis("value", TITLES[metric]) | {"scale": _scale(metric, chart)},
            "strokeDash": points,
        },
        "layer": [
            *_lines(metric, [_tip_of_name("points"), _tip("epoch"), _tip("value", TITLES[metric])]),
            *rules,
        ],
    }
    description = f"The {metric} by epoch, for training and validation points."
    dotted = ", ".join(f"{label}, epoch {epoch}" for label, epoch in chart.marks.items() if epoch is not None)
    title = f"{metric.capitalize()} by epoch{f' (dotted: {dotted})' if dotted else ''}"
    return Drawn(title, description, spec, "curves")


def _curves(chart: Chart) -> tuple[Drawn, ...]:
    """Return how each variant of a sweep learns."""
    return tuple(_curves_chart(chart, metric) for metric in (LOSS, ACCURACY))


def _curves_chart(chart: Chart, metric: str) -> Drawn:
    tips = [_tip_of(chart), _tip("epoch"), *_tips_of(metric, "{}", "{}_min", "{}_max")]
    spec = {
        "params": [_chosen(chart.key, metric), _zoom(metric)],
        "encoding": {
            "x": _axis("epoch"),
            "y": _axis(metric, TITLES[metric]) | {"scale": _scale(metric, chart)},
            **{channel: _unscaled(look) for channel, look in _looks(chart).items()},
        },
        "layer": _lines(metric, tips, chart),
    }
    name = TITLES[metric].removesuffix(" (nats)")
    description = f"The mean {name} by epoch, a line for each {words(chart.key)}. The table has the last epoch."
    return Drawn(f"{name.capitalize()} by epoch", description, spec, "curves")


def _curves_of_best_sizes(chart: Chart) -> tuple[Drawn, ...]:
    """Return how the size with the least final loss of each activation learns."""
    of_each = ["rev", chart.key]
    best = [
        {"joinaggregate": [{"op": "max", "field": "epoch", "as": "last"}], "groupby": of_each},
        {"calculate": f"datum.epoch === datum.last ? datum.{LOSS} : null", "as": "final"},
        {
            "joinaggregate": [{"op": "min", "field": "final", "as": "least"}],
            "groupby": [*of_each, "depth", "width"],
        },
        {"joinaggregate": [{"op": "min", "field": "final", "as": "least_of_all"}], "groupby": of_each},
        {"filter": "datum.least === datum.least_of_all"},
    ]
    charts = [_curves_chart(chart, metric) for metric in (LOSS, ACCURACY)]
    size = [_tip("depth"), _tip("width")]
    for shown in charts:
        line, points = shown.spec["layer"]
        line["encoding"]["detail"] = [{"field": name} for name in ("depth", "width")]
        points["encoding"]["tooltip"][1:1] = size
        shown.spec["transform"] = best
    title = f"by epoch, the best size of each {words(chart.key)}"
    return tuple(
        Drawn(shown.title.replace("by epoch", title), shown.description, shown.spec, shown.table) for shown in charts
    )


def _final(chart: Chart) -> tuple[Drawn, ...]:
    """Return where each variant of a sweep ends."""
    along, across = ("y", "x") if _is_named(chart) else ("x", "y")
    loss = {"type": "quantitative", "title": TITLES[LOSS], "scale": {"type": "log"}, "axis": {"format": "~g"}}
    span = {across: loss | {"field": f"{LOSS}_min"}, f"{across}2": {"field": f"{LOSS}_max"}}
    tips = [_tip_of(chart), *_tips_of(LOSS, "{}_mean", "{}_min", "{}_max"), _tip("diverged", "runs diverged")]
    mean = {
        across: loss | {"field": f"{LOSS}_mean"},
        "shape": {"condition": {"test": "datum.diverged > 0", "value": "triangle-down"}, "value": "circle"},
        "angle": _shown(chart),
        "tooltip": tips,
    }
    spec = {
        "params": [] if _is_named(chart) else [_zoom("final", chart)],
        "transform": [{"filter": f"datum.{LOSS}_mean > 0"}],
        "encoding": {along: _place(chart)},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.4, "clip": True}, "encoding": span},
            {
                "name": "final",
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "clip": True},
                "encoding": mean,
            },
        ],
    }
    description = f"The validation loss after the last epoch for each {words(chart.key)}: the mean, least to greatest."
    if _is_named(chart):
        spec["height"] = {"step": 20}
    return (Drawn("Validation loss at the end (▼: diverged)", description, spec, "variants"),)


def _map_of_sizes(chart: Chart) -> tuple[Drawn, ...]:
    """Return a map of the validation accuracy by depth and width."""
    place = {"type": "ordinal", "axis": {"labelAngle": 0}}
    tips = [_tip_of(chart), *(_tip(name, words(name)) for name in ("depth", "width", "parameters"))]
    encoding = {
        "x": place | {"field": "width", "title": "units per layer"},
        "y": place | {"field": "depth", "title": "hidden layers", "sort": "descending"},
        "color": {"field": "val_accuracy_mean", "type": "quantitative", "title": "accuracy"},
        "tooltip": [*tips, _tip("val_accuracy_mean", "mean accuracy"), _tip("learning_rate", "learning rate")],
    }
    facet = {"field": chart.key, "type": "nominal", "title": None} | BY_ROW
    spec = {"params": [], "transform": [ROW], "facet": facet, "spec": {"mark": "rect", "encoding": encoding}}
    description = "The mean validation accuracy for each number of layers and units. The table has the figures."
    return (Drawn("Validation accuracy by size, each at its best learning rate", description, spec, "variants"),)


def _loss_by_size(chart: Chart) -> tuple[Drawn, ...]:
    """Return the validation loss by the number of parameters."""
    tips = [_tip_of(chart), *(_tip(name) for name in ("depth", "width", "parameters")), _tip("val_loss_mean", "mean")]
    encoding = {
        "x": _axis("parameters", "trainable parameters") | {"scale": {"type": "log", "padding": 12}},
        "y": _axis("val_loss_mean", TITLES[LOSS]) | {"scale": _scale(LOSS, chart)},
    }
    description = "The mean validation loss by the number of parameters, a mark for each size, coloured by activation."
    spec = _marks("by_size", chart, encoding, tips)
    return (Drawn("Validation loss by activation and size", description, spec, "variants"),)


def _success(chart: Chart) -> tuple[Drawn, ...]:
    """Return the share of the restarts that get every training point right, by the number of parameters."""
    tips = [_tip_of(chart), _tip_of_name("hidden_units"), _tip("parameters"), _tip("share", "perfect")]
    share = _axis("share", "share of restarts without a fault") | {
        "axis": {"format": "%"},
        "scale": {"domain": [0, 1], "padding": 8},
    }
    spec = _marks("success", chart, {"x": _axis("parameters", "trainable parameters"), "y": share}, tips)
    description = "The share of restarts without a fault by the number of parameters, a mark for each shape."
    return (Drawn("Restarts that get every training point right", description, spec, "variants"),)


def _costs(chart: Chart) -> tuple[Drawn, ...]:
    """Return what each batch size costs until its loss has settled: updates of the weights, and points seen."""
    costs = (("updates", "updates of the weights"), ("samples", "points seen"))
    return tuple(_cost_chart(chart, cost, title) for cost, title in costs)


def _cost_chart(chart: Chart, cost: str, title: str) -> Drawn:
    tips = [_tip_of(chart), _tip(cost, title), _tip("epochs"), _tip("settled"), _tip("n", "replicates")]
    spec = {
        "params": [_zoom(cost, chart)],
        "transform": [{"filter": "datum.settled > 0"}],
        "encoding": {
            "x": _place(chart),
            "y": _axis(cost, f"{title} until the loss has settled") | {"scale": {"type": "log"}},
        },
        "layer": [
            {"name": cost, "mark": {"type": "line", "clip": True}},
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "clip": True},
                "encoding": {"angle": _shown(chart), "tooltip": tips},
            },
        ],
    }
    description = (
        f"The {title} until the loss has settled, by batch size: the mean over the replicates at which it did."
    )
    return Drawn(f"{title.capitalize()} until the loss has settled", description, spec, "variants")


def _rates(chart: Chart) -> tuple[Drawn, ...]:
    """Return how the final validation loss of each variant depends on the learning rate."""
    spec = {
        "params": [_chosen(chart.key, "rates"), _zoom("rates")],
        "encoding": {
            "x": _axis("learning_rate", "learning rate") | {"scale": {"type": "log"}, "axis": RATES},
            "y": _axis("val_loss_mean", TITLES[LOSS]) | {"scale": _scale(LOSS, chart)},
            **{channel: _unscaled(look) for channel, look in _looks(chart).items()},
        },
        "layer": _lines(
            "rates",
            [_tip_of(chart), _tip("learning_rate", "learning rate"), _tip("val_loss_mean", "mean loss")],
            chart,
        ),
    }
    description = f"The mean validation loss after the last epoch by learning rate, a line for each {words(chart.key)}."
    return (Drawn("Sensitivity to the learning rate", description, spec, "rates"),)


def _too_long_or_short(chart: Chart) -> tuple[Drawn, ...]:
    """Return at which rates runs climb, and at which they have hardly come down."""
    runs = {"climbed": "climbs above its start", "lingered": "stays above half of it"}
    share = _axis("share", "share of runs") | {"axis": {"format": "%"}, "scale": {"domain": [0, 1], "padding": 8}}
    description = (
        "The share of runs whose training loss climbs above its start, and of those in which it stays above half of it."
    )
    spec = _two_columns(chart, runs, share, title="training loss")
    return (Drawn("Steps too long, and too short", description, spec, "variants"),)


def _learned_and_new(chart: Chart) -> tuple[Drawn, ...]:
    """Return the loss on the points that were learned from, beside that on others."""
    losses = {"loss_mean": "that were learned from", "val_loss_mean": "that were not"}
    loss = _axis("mean_loss", "mean loss (nats)") | {"scale": {"type": "log"}, "axis": {"grid": False, "tickCount": 5}}
    description = (
        "The mean loss of the last epoch on the points that were learned from, and after it on the validation points, "
        f"for each {words(chart.key)}."
    )
    spec = _two_columns(chart, losses, loss, title="points")
    return (Drawn("Loss on learned points, and on others", description, spec, "variants"),)


def _two_columns(chart: Chart, columns: dict[str, str], value: Spec, *, title: str) -> Spec:
    """Return two columns of the variants over each other, with a line along numbers.

    Args:
        chart: what is shown.
        columns: their names, each with that in the legend.
        value: the axis of both.
        title: of the legend.
    """
    first, second = columns
    named = f"datum.column === '{first}' ? '{columns[first]}' : '{columns[second]}'"
    names = {
        "scale": {"domain": [*columns.values()]},
        "legend": {"symbolSize": 90, "columns": 1},
    }  # a phone is too narrow for two
    kind = {"field": "kind", "type": "nominal", "title": title} | names
    tips = [_tip_of(chart), {"field": "kind", "type": "nominal", "title": title}, _tip(value["field"], value["title"])]
    marks: Spec = {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {"angle": _shown(chart), "tooltip": tips, "shape": kind},
    }
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"strokeDash": kind}}
    return {
        "params": [],
        "transform": [{"fold": [*columns], "as": ["column", value["field"]]}, {"calculate": named, "as": "kind"}],
        "encoding": {"x": _place(chart), "y": value, "color": kind},
        "layer": [marks] if _is_named(chart) else [line, marks],
    }


def _updates(chart: Chart) -> tuple[Drawn, ...]:
    """Return the validation loss by the updates that were made."""
    tips = [_tip_of(chart), _tip("updates_made", "updates of the weights"), _tip("val_loss_mean", "mean loss")]
    point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
    plain = {"axis": {"grid": False, "tickCount": 5}}
    spec = {
        "params": [],
        "encoding": {
            "x": _axis("updates_made", "updates of the weights") | {"scale": {"type": "log", "padding": 12}} | plain,
            "y": _axis("val_loss_mean", TITLES[LOSS]) | {"scale": {"type": "log"}} | plain,
        },
        "layer": [
            {"mark": point, "encoding": {"angle": _shown(chart), "tooltip": tips}},
            {"mark": {"type": "text", "dy": -12}, "encoding": {"text": {"field": chart.key, "type": "quantitative"}}},
        ],
    }
    description = (
        f"The mean validation loss by the number of updates, a mark with its number for each {words(chart.key)}."
    )
    return (Drawn("Loss by updates", description, spec, "variants"),)


def _dead_units(chart: Chart) -> tuple[Drawn, ...]:
    """Return the share of ReLU units that are dead by depth and width."""
    share = _axis("dead_share", "share of units that answer 0") | {"axis": {"format": "%"}}
    width = {"field": "width", "type": "ordinal", "title": "units per layer"}
    spec = {
        "params": [],
        "transform": [{"filter": "isValid(datum.dead_share)"}],
        "mark": {"type": "line", "point": {"size": 90, "filled": True}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "depth", "type": "ordinal", "title": "hidden layers", "axis": {"labelAngle": 0}},
            "y": share,
            "color": width,
            "strokeDash": width,
            "tooltip": [_tip_of(chart), _tip("depth"), _tip("width"), _tip("dead_share", "share of dead units")],
        },
    }
    description = (
        "The share of hidden ReLU units that answer 0 to every training point, by depth, a line for each width."
    )
    return (Drawn("Units without a gradient", description, spec, "variants"),)


def _first_gradient(chart: Chart) -> tuple[Drawn, ...]:
    """Return the gradient of the first kernel over that of the output layer's at the start, by depth and activation."""
    layers = {"axis": {"grid": False, "tickMinStep": 1, "format": "d"}, "scale": {"zero": False, "padding": 12}}
    encoding = {
        "x": _axis("depth", "hidden layers") | layers,
        "y": _axis("median", "gradient, first / output layer") | DECADES,
    }
    spec = _marks("gradient", chart, encoding, [_tip_of(chart), _tip("depth"), _tip("median", "first / output layer")])
    spec["transform"] = [
        {"filter": "datum.first_gradient > 0"},
        {
            "aggregate": [{"op": "median", "field": "first_gradient", "as": "median"}],
            "groupby": [chart.key, "depth"],
        },
    ]
    description = (
        "The norm of the gradient of the first kernel over that of the output layer's before the first epoch, by "
        f"depth, the median over the widths that have one, a mark for each {words(chart.key)}."
    )
    return (Drawn("Gradient of the first layer over that of the output layer", description, spec, "variants"),)


def _figure(column: str, what: str, *, log: bool = False) -> Callable[[Chart], tuple[Drawn, ...]]:
    """Return a kind of chart that shows a column of the variants, a bar or a mark for each; with `log` if above 0."""

    def chart_of(chart: Chart) -> tuple[Drawn, ...]:
        along, across = ("y", "x") if _is_named(chart) else ("x", "y")
        point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
        spec: Spec = {
            "params": [],
            "transform": [{"filter": f"datum.{column} > 0" if log else f"isValid(datum.{column})"}],
            "mark": {"type": "bar"} if _is_named(chart) and not log else point,
            "encoding": {
                along: _place(chart),
                across: _axis(column, what) | (DECADES if log else {}),
                "angle": _shown(chart),
                "tooltip": [_tip_of(chart), _tip(column, what)],
            },
        }
        if _is_named(chart):
            spec["height"] = {"step": 20}
            spec["encoding"][across]["title"] = None  # it is the chart's own, and too long for a phone
            del spec["encoding"]["angle"]
        return (Drawn(f"{what[0].upper()}{what[1:]}", f"The {what} for each {words(chart.key)}.", spec, "variants"),)

    return chart_of


def _is_named(chart: Chart) -> bool:
    """Return whether variants have names rather than numbers."""
    return bool(chart.names) or chart.key in MIXED


def _marks(name: str, chart: Chart, encoding: Spec, tips: list[Spec]) -> Spec:
    """Return a mark for each row, told apart by the colour and the shape of its variant."""
    shape = _named(chart, symbolSize=90)
    seen = {"condition": {"param": "chosen", "value": 0.8}, "value": 0.05}
    return {
        "params": [_chosen(chart.key, name), _zoom(name)],
        "encoding": {
            **encoding,
            "color": _colour(chart, symbolSize=90),
            "shape": shape | {"scale": shape["scale"] | {"range": SHAPES}},
        },
        "layer": [
            {
                "name": name,
                "mark": {"type": "point", "filled": True, "size": 90, "clip": True},
                "encoding": {"opacity": seen, "angle": _shown(chart), "tooltip": tips},
            }
        ],
    }


def _lines(name: str, tips: list[Spec], chart: Chart | None = None) -> list[Spec]:
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
            "encoding": {"opacity": faint} | (_looks(chart) if chart else {}),
        },
        {
            "params": [near],
            "mark": {"type": "point", "clip": True, "filled": True, "size": 120},
            "encoding": {"opacity": seen, "tooltip": tips} | ({"angle": _shown(chart)} if chart else {}),
        },
    ]


def _looks(chart: Chart) -> Spec:
    """Return what a line looks like by its variant.

    Its scales stand there alone, and are those of the points over the lines too: Vega-Lite complains where two layers
    add names to one scale, even if they are the same.
    """
    return {"color": _colour(chart), "strokeDash": _dash(chart)}


def _unscaled(look: Spec) -> Spec:
    return {name: part for name, part in look.items() if name != "scale"}


def _named(chart: Chart, **legend: Any) -> Spec:
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


def _colour(chart: Chart, **legend: Any) -> Spec:
    """Return the colour of a variant: by its name, or by its value where it is a number."""
    if _is_named(chart):
        return _named(chart, **legend)
    legend |= {"type": "symbol", "values": {"expr": SHOWN}, "labelExpr": LABEL, "symbolDash": _dashes("value")}
    colour = {"field": chart.key, "type": "ordinal", "title": words(chart.key), "legend": legend}
    if chart.key not in SPANS:
        return colour
    least, greatest = SPANS[chart.key]
    scale = {"type": "symlog", "constant": least, "domain": [0, greatest], "clamp": True}
    return colour | {"type": "quantitative", "scale": scale}


def _dash(chart: Chart) -> Spec:
    """Return the dash of a variant: by its name, or by its value where it is a number."""
    if _is_named(chart):
        named = _named(chart)
        return named | {"scale": named["scale"] | {"range": DASHES}}
    return {"value": _dashes(chart.key)}


def _dashes(field: str) -> Spec:
    """Return the dash of a number: by how many times it was doubled from 1, or halved."""
    return {"expr": f"{DASHES}[abs(round(log(datum.{field}) / LN2)) % {len(DASHES)} || 0]"}


def _shown(chart: Chart) -> Spec:
    """Return an encoding that turns no mark; its scale is what `SHOWN` reads."""
    kind = {"type": "nominal", "sort": None} if _is_named(chart) else {"type": "ordinal"}
    return {"field": chart.key, **kind, "title": words(chart.key), "scale": {"range": [0]}, "legend": None}


def _place(chart: Chart) -> Spec:
    """Return the axis of the variants: numbers by their size or their rank, names in the order of the params.

    A number at 0 has a place of its own before all others, and a tick there.
    """
    place = {"field": chart.key, "title": words(chart.key)}
    if _is_named(chart):
        return place | {"type": "nominal", "sort": None}
    axis = {"labelExpr": LABEL, "labelOverlap": "greedy", "grid": False}
    if chart.key not in SPANS:
        return place | {"type": "ordinal", "axis": axis | {"labelAngle": 0}}
    least, _ = SPANS[chart.key]
    scale = {"type": "symlog", "constant": least / 10, "zero": False, "nice": False, "padding": 12}
    return place | {"type": "quantitative", "scale": scale, "axis": axis | {"values": {"expr": SHOWN}}}


def _rule(label: str, epoch: int) -> Spec:
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


def _chosen(field: str, view: str) -> Spec:
    return {"name": "chosen", "select": {"type": "point", "fields": [field]}, "bind": "legend", "views": [view]}


def _zoom(view: str, chart: Chart | None = None) -> Spec:
    """Return what zooms a view: along both axes, but for one of ranks, which has no between."""
    ranked = chart is not None and chart.key not in SPANS
    select = ZOOM | ({"encodings": ["y"]} if ranked else {})
    return {"name": f"zoom_{view}", "select": select, "bind": "scales", "views": [view]}


def _axis(field: str, title: str | None = None) -> Spec:
    return {"field": field, "type": "quantitative", "title": title or field}


def _scale(metric: str, chart: Chart) -> Spec:
    if not metric.endswith("loss"):
        return {"zero": False}
    return {"type": "log", "domainMax": max(HIGHEST_LOSS, round(TIMES_CONSTANT * math.log(chart.classes), 1))}


def _tip(field: str, title: str | None = None) -> Spec:
    form = "~g" if title is None else ".4~g"
    return {"field": field, "type": "quantitative", "title": title or field, "format": form}


def _tips_of(metric: str, *fields: str) -> list[Spec]:
    """Return the mean, the least and the greatest over the replicates."""
    return [_tip(field.format(metric), name) for field, name in zip(fields, ("mean", "least", "greatest"), strict=True)]


def _tip_of_name(field: str) -> Spec:
    return {"field": field, "type": "nominal", "title": words(field)}


def _tip_of(chart: Chart) -> Spec:
    return _tip_of_name(chart.key) if _is_named(chart) else _tip(chart.key, words(chart.key))


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


KINDS: dict[str, Callable[[Chart], tuple[Drawn, ...]]] = {
    "learning": _learning,
    "curves": _curves,
    "variants": _final,
    "map_of_sizes": _map_of_sizes,
    "loss_by_size": _loss_by_size,
    "curves_of_best_sizes": _curves_of_best_sizes,
    "cost": _costs,
    "rates": _rates,
    "success": _success,
    "too_long_or_short": _too_long_or_short,
    "learned_and_new": _learned_and_new,
    "updates": _updates,
    "dead_units": _dead_units,
    "first_gradient": _first_gradient,
    "distinct_units": _figure("distinct_units", "different units of the first layer at the end"),
    "start_gradient": _figure("start_gradient", "norm of the gradient at the start", log=True),
    "kernel_norm": _figure("kernel_norm", "norm of the kernels at the end"),
    "epochs_to_sgd": _figure("epochs_to_sgd", "epochs to the final loss of plain SGD"),
}
