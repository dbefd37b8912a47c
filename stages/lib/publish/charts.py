"""Charts of the report as Vega-Lite specifications, without their data and colours, which the page adds.

Along axes of numbers they can be zoomed and panned; a click on the name in a legend singles out what it stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stages.lib.analysis.chapter import Chart

LOSS, ACCURACY = "val_loss", "val_accuracy"
TITLES = {LOSS: "validation loss (nats)", ACCURACY: "validation accuracy"}
HIGHEST_LOSS = 2.0  # nats; what diverges would press all other curves flat
ZOOM = {
    "type": "interval",
    "zoom": "wheel![event.ctrlKey || event.metaKey]",  # a plain wheel must go on scrolling the page
}


@dataclass(frozen=True)
class Drawn:
    """A specification, a heading, a description for those who can't see it, and the table it draws."""

    title: str
    description: str
    spec: dict[str, Any]
    table: pd.DataFrame


def drawn(chart: Chart, table: Callable[[str], pd.DataFrame]) -> tuple[Drawn, ...]:
    """Return what a chapter's chart looks like: one picture or several.

    Args:
        chart: its kind is a name of `KINDS`.
        table: returns a table of the stage, such as `curves`, by its name.
    """
    name, draw = KINDS[chart.kind]
    return draw(table(name), chart)


def _learning(curves: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:
    """Return the loss and the accuracy of one run by epoch, on training and validation points."""
    rules = [_rule(label, epoch) for label, epoch in chart.marks.items() if epoch is not None]
    return tuple(_learning_chart(curves, metric, rules) for metric in ("loss", "accuracy"))


def _curves(curves: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:
    """Return how each variant of a sweep learns."""
    return tuple(_curves_chart(curves, chart.key, metric) for metric in (LOSS, ACCURACY))


def _map_of_sizes(variants: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:  # noqa: ARG001
    """Return a map of the validation accuracy by depth and width."""
    place = {"type": "ordinal", "axis": {"labelAngle": 0}}
    encoding = {
        "x": place | {"field": "width", "title": "units per layer"},
        "y": place | {"field": "depth", "title": "hidden layers", "sort": "descending"},
    }
    colour = {"field": "val_accuracy_mean", "type": "quantitative", "title": "accuracy", "scale": {"scheme": "viridis"}}
    tips = [_tip_of_name("activation"), *(_tip(name, words(name)) for name in ("depth", "width", "parameters"))]
    tips += [_tip("val_accuracy_mean", "mean accuracy"), _tip("learning_rate", "learning rate")]
    panel = {"mark": "rect", "encoding": {**encoding, "color": colour, "tooltip": tips}}
    facet = {"field": "activation", "type": "nominal", "title": None, "sort": [*variants["activation"].unique()]}
    table = variants[["activation", "depth", "width", "parameters", "learning_rate", "val_accuracy_mean"]]
    description = "The mean validation accuracy for each number of layers and units. The table below has the figures."
    spec = {"facet": facet, "spec": panel}
    return (Drawn("Validation accuracy by size, each at its best learning rate", description, spec, table),)


def _loss_by_size(variants: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:  # noqa: ARG001
    """Return the validation loss by the number of parameters."""
    losses = {
        "x": _place(variants["parameters"], numbers=True) | {"title": "trainable parameters"},
        "y": _axis("val_loss_mean", TITLES[LOSS]) | {"scale": _scale(LOSS)},
    }
    table = variants[["activation", "depth", "width", "parameters", "val_loss_mean"]]
    tips = [_tip_of_name("activation"), *(_tip(name) for name in ("depth", "width", "parameters"))]
    tips += [_tip("val_loss_mean", "mean loss")]
    description = "The mean validation loss by the number of parameters, a mark for each size, coloured by activation."
    return (Drawn("Validation loss by activation and size", description, _marks(losses, tips), table),)


def _curves_of_best_sizes(curves: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:  # noqa: ARG001
    """Return how the size with the least final loss of each activation learns."""
    shape = ["activation", "depth", "width"]
    last = curves[curves["epoch"] == curves["epoch"].max()]
    best = last.sort_values("val_loss").drop_duplicates("activation")[shape]
    learning = curves.merge(best, on=shape)
    names = {"best_size": learning["activation"] + learning.agg(" {0[depth]} x {0[width]}".format, axis=1)}
    learning = learning.assign(**names)
    return tuple(_curves_chart(learning, "best_size", metric) for metric in (LOSS, ACCURACY))


def _costs(variants: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:  # noqa: ARG001
    """Return what each batch size costs until its loss has settled: updates of the weights, and points seen."""
    return tuple(
        _cost_chart(variants, cost, title)
        for cost, title in (("updates", "updates of the weights"), ("samples", "points seen"))
    )


def _cost_chart(variants: pd.DataFrame, cost: str, title: str) -> Drawn:
    tips = [_tip("batch_size", "batch size"), _tip(cost, title), _tip("epochs"), _tip("settled"), _tip("n", "seeds")]
    spec = {
        "params": [_zoom()],
        "mark": {"type": "line", "point": {"size": 90}},
        "encoding": {
            "x": _place(variants["batch_size"], numbers=True),
            "y": _axis(cost, f"{title} until the loss has settled") | {"scale": {"type": "log"}},
            "tooltip": tips,
        },
    }
    table = variants[variants["settled"] > 0][["batch_size", cost, "epochs", "settled", "n"]]
    description = f"The {title} until the loss has settled, by batch size: the mean over the seeds from which it did."
    return Drawn(f"{title.capitalize()} until the loss has settled", description, spec, table)


def _rates(rates: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:
    """Return how the final validation loss of each variant depends on the learning rate."""
    encoding = {
        "x": _place(rates["learning_rate"], numbers=True),
        "y": _axis("val_loss_mean", TITLES[LOSS]) | {"scale": _scale(LOSS)},
        "color": {"field": chart.key, "type": "nominal", "title": words(chart.key), "sort": None},
    }
    tips = [_tip_of_name(chart.key), _tip("learning_rate", "learning rate"), _tip("val_loss_mean", "mean loss")]
    spec = {"encoding": encoding, "layer": _lines(chart.key, tips)}
    table = rates[[chart.key, "learning_rate", "val_loss_mean"]]
    description = f"The mean validation loss after the last epoch by learning rate, a line for each {words(chart.key)}."
    return (Drawn("Sensitivity to the learning rate", description, spec, table),)


def _success(variants: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:  # noqa: ARG001
    """Return the share of the restarts that get every training point right, by the number of parameters."""
    tips = [_tip_of_name("activation"), _tip_of_name("hidden_units"), _tip("parameters"), _tip("share", "perfect")]
    share = _axis("share", "share of restarts without a fault") | {"axis": {"format": "%"}, "scale": {"domain": [0, 1]}}
    encoding = {"x": _axis("parameters", "trainable parameters"), "y": share}
    table = variants[["activation", "hidden_units", "parameters", "share"]]
    description = "The share of restarts without a fault by the number of parameters, a mark for each shape."
    return (Drawn("Restarts that get every training point right", description, _marks(encoding, tips), table),)


def _marks(encoding: dict[str, Any], tips: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a mark for each row, told apart by the colour and the shape of its activation."""
    activation = {"field": "activation", "type": "nominal", "title": "activation", "sort": None}
    chosen = {"name": "chosen", "select": {"type": "point", "fields": ["activation"]}, "bind": "legend"}
    seen = {"condition": {"param": "chosen", "value": 0.8}, "value": 0.05}
    return {
        "params": [chosen, _zoom()],
        "mark": {"type": "point", "filled": True, "size": 90},
        "encoding": {**encoding, "color": activation, "shape": activation, "opacity": seen, "tooltip": tips},
    }


def _learning_chart(curves: pd.DataFrame, metric: str, rules: list[dict[str, Any]]) -> Drawn:
    long = curves.melt("epoch", [metric, f"val_{metric}"], "points", "value")
    long["points"] = long["points"].map({metric: "training", f"val_{metric}": "validation"})
    title = {"loss": "loss (nats)", "accuracy": "accuracy"}[metric]
    encoding = {
        "x": _axis("epoch"),
        "y": _axis("value", title) | {"scale": _scale(metric)},
        "color": {"field": "points", "type": "nominal", "title": None},
    }
    lines = _lines("points", [_tip_of_name("points"), _tip("epoch"), _tip("value", title)])
    spec = {"layer": [{"encoding": encoding, "layer": lines}, *rules]}
    description = f"The {metric} by epoch, for training and validation points."
    return Drawn(f"{metric.capitalize()} by epoch", description, spec, long)


def _curves_chart(curves: pd.DataFrame, key: str, metric: str) -> Drawn:
    numbers = pd.api.types.is_numeric_dtype(curves[key])
    colour: dict[str, Any] = {"field": key, "type": "ordinal" if numbers else "nominal", "title": words(key)}
    tips = [
        _tip_of_name(key),
        _tip("epoch"),
        *(_tip(f"{metric}{part}", name) for part, name in (("", "mean"), ("_min", "least"), ("_max", "greatest"))),
    ]
    spec = {
        "encoding": {
            "x": _axis("epoch"),
            "y": _axis(metric, TITLES[metric]) | {"scale": _scale(metric)},
            "color": colour if numbers else colour | {"sort": None},
        },
        "layer": _lines(key, tips),
    }
    table = curves[[key, "epoch", metric, f"{metric}_min", f"{metric}_max"]]
    name = TITLES[metric].removesuffix(" (nats)")
    description = f"The mean {name} by epoch, a line for each {words(key)}. The table below has the last epoch."
    return Drawn(f"{name.capitalize()} by epoch", description, spec, table)


def _final(variants: pd.DataFrame, chart: Chart) -> tuple[Drawn, ...]:
    """Return where each variant of a sweep ends."""
    key = chart.key
    numbers = pd.api.types.is_numeric_dtype(variants[key])
    along, across = ("x", "y") if numbers else ("y", "x")
    loss = {"type": "quantitative", "title": TITLES[LOSS], "scale": {"type": "log"}, "axis": {"format": "~g"}}
    span = {across: loss | {"field": f"{LOSS}_min"}, f"{across}2": {"field": f"{LOSS}_max"}}
    figures = (("mean", "mean loss"), ("min", "least loss"), ("max", "greatest loss"))
    tips = [_tip(f"{LOSS}_{part}", name) for part, name in figures]
    mean = {
        across: loss | {"field": f"{LOSS}_mean"},
        "shape": {"condition": {"test": "datum.diverged > 0", "value": "triangle-down"}, "value": "circle"},
        "tooltip": [
            _tip_of_name(key),
            *tips,
            {"field": "diverged", "title": "runs diverged"},
        ],
    }
    spec = {
        "transform": [{"filter": f"datum.{LOSS}_mean > 0"}],
        "encoding": {along: _place(variants[key], numbers=numbers)},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.4}, "encoding": span},
            {
                "params": [_zoom()] if numbers else [],
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": mean,
            },
        ],
    }
    table = variants[[key, *(f"{LOSS}_{part}" for part, _ in figures), "diverged"]]
    description = f"The validation loss after the last epoch for each {words(key)}: the mean, from least to greatest."
    return (Drawn("Validation loss at the end (▼: diverged)", description, spec, table),)


def _place(values: pd.Series, *, numbers: bool) -> dict[str, Any]:
    """Return the axis of the variants: numbers by their size, names in the order of the params."""
    place = {"field": values.name, "title": words(str(values.name))}
    if not numbers:
        return place | {"type": "nominal", "sort": None}
    scale = {"type": "log" if (values > 0).all() else "linear", "padding": 12}
    axis = {"format": "~g", "labelOverlap": True, "grid": False}
    return place | {"type": "quantitative", "scale": scale, "axis": axis}


def words(name: str) -> str:
    """Return a name of Keras's as words."""
    return name.replace("_", " ")


def _rule(label: str, epoch: int) -> dict[str, Any]:
    return {
        "data": {"values": [{"epoch": epoch, "label": f"{label}: epoch {epoch}"}]},
        "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 2, "clip": True},
        "encoding": {"x": {"field": "epoch", "type": "quantitative"}, "tooltip": {"field": "label"}},
    }


def _lines(key: str, tips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each value of `key`, and over them points that are seen when the pointer is on them.

    A line alone is too thin to point at, and with `nearest` Vega-Lite loses the names in tooltips.
    """
    chosen = {"name": "chosen", "select": {"type": "point", "fields": [key]}, "bind": "legend"}
    near = {"name": "near", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}
    faint = {"condition": {"param": "chosen", "value": 1}, "value": 0.08}
    seen = {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0}
    return [
        {
            "params": [chosen, _zoom()],
            "mark": {"type": "line", "clip": True, "strokeWidth": 2},
            "encoding": {"opacity": faint},
        },
        {
            "params": [near],
            "mark": {"type": "point", "clip": True, "filled": True, "size": 120},
            "encoding": {"opacity": seen, "tooltip": tips},
        },
    ]


def _zoom() -> dict[str, Any]:
    return {"name": "zoom", "select": ZOOM, "bind": "scales"}


def _axis(field: str, title: str | None = None) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title or field}


def _scale(metric: str) -> dict[str, Any]:
    return {"type": "log", "domainMax": HIGHEST_LOSS} if metric.endswith("loss") else {"zero": False}


def _tip(field: str, title: str | None = None) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": title or field,
        "format": "~g" if title is None else ".4~g",
    }


def _tip_of_name(field: str) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "title": words(field)}


KINDS: dict[str, tuple[str, Callable[[pd.DataFrame, Chart], tuple[Drawn, ...]]]] = {
    "learning": ("curves", _learning),
    "curves": ("curves", _curves),
    "variants": ("variants", _final),
    "map_of_sizes": ("variants", _map_of_sizes),
    "loss_by_size": ("variants", _loss_by_size),
    "curves_of_best_sizes": ("curves", _curves_of_best_sizes),
    "cost": ("variants", _costs),
    "rates": ("rates", _rates),
    "success": ("variants", _success),
}
"""The table that each kind of chart draws, and what draws it."""
