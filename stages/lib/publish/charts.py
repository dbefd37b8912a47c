"""Charts as Vega-Lite specifications without their data, each defined once, for the report and for `dvc plots`.

A definition depends on the chart alone, never on the rows that it draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stages.lib.analysis.chapter import Chart
from stages.lib.publish.encodings import (
    BY_ROW,
    DASHES,
    DECADES,
    LABEL,
    ROW,
    Spec,
    axis,
    chosen,
    is_named,
    lines,
    looks,
    marks,
    place,
    rule,
    scale,
    shown,
    tip,
    tip_of,
    tip_of_name,
    tips_of,
    unscaled,
    words,
    zoom,
)

LOSS, ACCURACY = "val_loss", "val_accuracy"
TITLES = {
    "loss": "loss (nats)",
    "accuracy": "accuracy",
    LOSS: "validation loss (nats)",
    ACCURACY: "validation accuracy",
}
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


def _learning(chart: Chart) -> tuple[Drawn, ...]:
    """Return the loss and the accuracy of one run by epoch, on training and validation points."""
    rules = [rule(label, epoch) for label, epoch in chart.marks.items() if epoch is not None]
    return tuple(_learning_chart(chart, metric, rules) for metric in ("loss", "accuracy"))


def _learning_chart(chart: Chart, metric: str, rules: list[Spec]) -> Drawn:
    points = {
        "field": "points",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["training", "validation"], "range": DASHES},
    }
    spec = {
        "params": [chosen("points", metric), zoom(metric)],
        "transform": [
            {"fold": [metric, f"val_{metric}"], "as": ["metric", "value"]},
            {"calculate": f"datum.metric === '{metric}' ? 'training' : 'validation'", "as": "points"},
        ],
        "encoding": {
            "x": axis("epoch"),
            "y": axis("value", TITLES[metric]) | {"scale": scale(metric, chart)},
            "strokeDash": points,
        },
        "layer": [
            *lines(metric, [tip_of_name("points"), tip("epoch"), tip("value", TITLES[metric])]),
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
    tips = [tip_of(chart), tip("epoch"), *tips_of(metric, "{}", "{}_min", "{}_max")]
    spec = {
        "params": [chosen(chart.key, metric), zoom(metric)],
        "encoding": {
            "x": axis("epoch"),
            "y": axis(metric, TITLES[metric]) | {"scale": scale(metric, chart)},
            **{channel: unscaled(look) for channel, look in looks(chart).items()},
        },
        "layer": lines(metric, tips, chart),
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
    size = [tip("depth"), tip("width")]
    for picture in charts:
        line, points = picture.spec["layer"]
        line["encoding"]["detail"] = [{"field": name} for name in ("depth", "width")]
        points["encoding"]["tooltip"][1:1] = size
        picture.spec["transform"] = best
    title = f"by epoch, the best size of each {words(chart.key)}"
    return tuple(
        Drawn(picture.title.replace("by epoch", title), picture.description, picture.spec, picture.table)
        for picture in charts
    )


def _final(chart: Chart) -> tuple[Drawn, ...]:
    """Return where each variant of a sweep ends."""
    along, across = ("y", "x") if is_named(chart) else ("x", "y")
    loss = {"type": "quantitative", "title": TITLES[LOSS], "scale": {"type": "log"}, "axis": {"format": "~g"}}
    span = {across: loss | {"field": f"{LOSS}_min"}, f"{across}2": {"field": f"{LOSS}_max"}}
    tips = [tip_of(chart), *tips_of(LOSS, "{}_mean", "{}_min", "{}_max"), tip("diverged", "runs diverged")]
    mean = {
        across: loss | {"field": f"{LOSS}_mean"},
        "shape": {"condition": {"test": "datum.diverged > 0", "value": "triangle-down"}, "value": "circle"},
        "angle": shown(chart),
        "tooltip": tips,
    }
    spec = {
        "params": [] if is_named(chart) else [zoom("final", chart)],
        "transform": [{"filter": f"datum.{LOSS}_mean > 0"}],
        "encoding": {along: place(chart)},
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
    if is_named(chart):
        spec["height"] = {"step": 20}
    return (Drawn("Validation loss at the end (▼: diverged)", description, spec, "variants"),)


def _map_of_sizes(chart: Chart) -> tuple[Drawn, ...]:
    """Return a map of the validation accuracy by depth and width."""
    ranks = {"type": "ordinal", "axis": {"labelAngle": 0}}
    tips = [tip_of(chart), *(tip(name, words(name)) for name in ("depth", "width", "parameters"))]
    encoding = {
        "x": ranks | {"field": "width", "title": "units per layer"},
        "y": ranks | {"field": "depth", "title": "hidden layers", "sort": "descending"},
        "color": {"field": "val_accuracy_mean", "type": "quantitative", "title": "accuracy"},
        "tooltip": [*tips, tip("val_accuracy_mean", "mean accuracy"), tip("learning_rate", "learning rate")],
    }
    facet = {"field": chart.key, "type": "nominal", "title": None} | BY_ROW
    spec = {"params": [], "transform": [ROW], "facet": facet, "spec": {"mark": "rect", "encoding": encoding}}
    description = "The mean validation accuracy for each number of layers and units. The table has the figures."
    return (Drawn("Validation accuracy by size, each at its best learning rate", description, spec, "variants"),)


def _loss_by_size(chart: Chart) -> tuple[Drawn, ...]:
    """Return the validation loss by the number of parameters."""
    tips = [tip_of(chart), *(tip(name) for name in ("depth", "width", "parameters")), tip("val_loss_mean", "mean")]
    encoding = {
        "x": axis("parameters", "trainable parameters") | {"scale": {"type": "log", "padding": 12}},
        "y": axis("val_loss_mean", TITLES[LOSS]) | {"scale": scale(LOSS, chart)},
    }
    description = "The mean validation loss by the number of parameters, a mark for each size, coloured by activation."
    spec = marks("by_size", chart, encoding, tips)
    return (Drawn("Validation loss by activation and size", description, spec, "variants"),)


def _success(chart: Chart) -> tuple[Drawn, ...]:
    """Return the share of the restarts that get every training point right, by the number of parameters."""
    tips = [tip_of(chart), tip_of_name("hidden_units"), tip("parameters"), tip("share", "perfect")]
    share = axis("share", "share of restarts without a fault") | {
        "axis": {"format": "%"},
        "scale": {"domain": [0, 1], "padding": 8},
    }
    spec = marks("success", chart, {"x": axis("parameters", "trainable parameters"), "y": share}, tips)
    description = "The share of restarts without a fault by the number of parameters, a mark for each shape."
    return (Drawn("Restarts that get every training point right", description, spec, "variants"),)


def _costs(chart: Chart) -> tuple[Drawn, ...]:
    """Return what each batch size costs until its loss has settled: updates of the weights, and points seen."""
    costs = (("updates", "updates of the weights"), ("samples", "points seen"))
    return tuple(_cost_chart(chart, cost, title) for cost, title in costs)


def _cost_chart(chart: Chart, cost: str, title: str) -> Drawn:
    tips = [tip_of(chart), tip(cost, title), tip("epochs"), tip("settled"), tip("n", "replicates")]
    spec = {
        "params": [zoom(cost, chart)],
        "transform": [{"filter": "datum.settled > 0"}],
        "encoding": {
            "x": place(chart),
            "y": axis(cost, f"{title} until the loss has settled") | {"scale": {"type": "log"}},
        },
        "layer": [
            {"name": cost, "mark": {"type": "line", "clip": True}},
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "clip": True},
                "encoding": {"angle": shown(chart), "tooltip": tips},
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
        "params": [chosen(chart.key, "rates"), zoom("rates")],
        "encoding": {
            "x": axis("learning_rate", "learning rate") | {"scale": {"type": "log"}, "axis": RATES},
            "y": axis("val_loss_mean", TITLES[LOSS]) | {"scale": scale(LOSS, chart)},
            **{channel: unscaled(look) for channel, look in looks(chart).items()},
        },
        "layer": lines(
            "rates",
            [tip_of(chart), tip("learning_rate", "learning rate"), tip("val_loss_mean", "mean loss")],
            chart,
        ),
    }
    description = f"The mean validation loss after the last epoch by learning rate, a line for each {words(chart.key)}."
    return (Drawn("Sensitivity to the learning rate", description, spec, "rates"),)


def _too_long_or_short(chart: Chart) -> tuple[Drawn, ...]:
    """Return at which rates runs climb, and at which they have hardly come down."""
    runs = {"climbed": "climbs above its start", "lingered": "stays above half of it"}
    share = axis("share", "share of runs") | {"axis": {"format": "%"}, "scale": {"domain": [0, 1], "padding": 8}}
    description = (
        "The share of runs whose training loss climbs above its start, and of those in which it stays above half of it."
    )
    spec = _two_columns(chart, runs, share, title="training loss")
    return (Drawn("Steps too long, and too short", description, spec, "variants"),)


def _learned_and_new(chart: Chart) -> tuple[Drawn, ...]:
    """Return the loss on the points that were learned from, beside that on others."""
    losses = {"loss_mean": "that were learned from", "val_loss_mean": "that were not"}
    loss = axis("mean_loss", "mean loss (nats)") | {"scale": {"type": "log"}, "axis": {"grid": False, "tickCount": 5}}
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
    tips = [tip_of(chart), {"field": "kind", "type": "nominal", "title": title}, tip(value["field"], value["title"])]
    points: Spec = {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {"angle": shown(chart), "tooltip": tips, "shape": kind},
    }
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"strokeDash": kind}}
    return {
        "params": [],
        "transform": [{"fold": [*columns], "as": ["column", value["field"]]}, {"calculate": named, "as": "kind"}],
        "encoding": {"x": place(chart), "y": value, "color": kind},
        "layer": [points] if is_named(chart) else [line, points],
    }


def _updates(chart: Chart) -> tuple[Drawn, ...]:
    """Return the validation loss by the updates that were made."""
    tips = [tip_of(chart), tip("updates_made", "updates of the weights"), tip("val_loss_mean", "mean loss")]
    point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
    plain = {"axis": {"grid": False, "tickCount": 5}}
    spec = {
        "params": [],
        "encoding": {
            "x": axis("updates_made", "updates of the weights") | {"scale": {"type": "log", "padding": 12}} | plain,
            "y": axis("val_loss_mean", TITLES[LOSS]) | {"scale": {"type": "log"}} | plain,
        },
        "layer": [
            {"mark": point, "encoding": {"angle": shown(chart), "tooltip": tips}},
            {"mark": {"type": "text", "dy": -12}, "encoding": {"text": {"field": chart.key, "type": "quantitative"}}},
        ],
    }
    description = (
        f"The mean validation loss by the number of updates, a mark with its number for each {words(chart.key)}."
    )
    return (Drawn("Loss by updates", description, spec, "variants"),)


def _dead_units(chart: Chart) -> tuple[Drawn, ...]:
    """Return the share of ReLU units that are dead by depth and width."""
    share = axis("dead_share", "share of units that answer 0") | {"axis": {"format": "%"}}
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
            "tooltip": [tip_of(chart), tip("depth"), tip("width"), tip("dead_share", "share of dead units")],
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
        "x": axis("depth", "hidden layers") | layers,
        "y": axis("median", "gradient, first / output layer") | DECADES,
    }
    spec = marks("gradient", chart, encoding, [tip_of(chart), tip("depth"), tip("median", "first / output layer")])
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
        along, across = ("y", "x") if is_named(chart) else ("x", "y")
        point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
        spec: Spec = {
            "params": [],
            "transform": [{"filter": f"datum.{column} > 0" if log else f"isValid(datum.{column})"}],
            "mark": {"type": "bar"} if is_named(chart) and not log else point,
            "encoding": {
                along: place(chart),
                across: axis(column, what) | (DECADES if log else {}),
                "angle": shown(chart),
                "tooltip": [tip_of(chart), tip(column, what)],
            },
        }
        if is_named(chart):
            spec["height"] = {"step": 20}
            spec["encoding"][across]["title"] = None  # it is the chart's own, and too long for a phone
            del spec["encoding"]["angle"]
        return (Drawn(f"{what[0].upper()}{what[1:]}", f"The {what} for each {words(chart.key)}.", spec, "variants"),)

    return chart_of


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
