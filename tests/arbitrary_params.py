"""Params that nobody has chosen: tiny ones that are sound, and any others."""

import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import yaml
from hypothesis import strategies as st

from stages.params.network import INITIALIZERS, Activation
from stages.params.training import OPTIMIZERS

PARAMS = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text("utf-8"))

Params = dict[str, Any]


def few(values: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=most, unique=True)


def few_of(section: Params) -> st.SearchStrategy[Params]:
    """A section with few of the values of its lists, and few replicates."""
    shorter = {key: few(st.sampled_from(value), 2) for key, value in section.items() if isinstance(value, list)}
    return st.fixed_dictionaries({**dict.fromkeys(section, REPLICATES), **shorter})


RATES = st.floats(1e-6, 1000).map(lambda rate: float(f"{rate:.3g}"))
ACTIVATIONS = st.sampled_from(get_args(Activation))
NAMES_OF_INITIALIZERS = st.sampled_from(sorted(INITIALIZERS))
BATCHES = st.integers(300, 1209)
EPOCHS = st.integers(1, 3)
WIDTHS = st.integers(1, 5)
SHARES = st.integers(0, 999).map(lambda share: share / 1000)
DRAWN = st.sampled_from(["circles", "gaussians", "moons", "spirals", "xor"])
REPLICATES = st.integers(1, 3)
INITIALIZERS_WITH_ARGUMENTS: list[Params] = [
    {"random_normal": {"stddev": 0.5}},
    {"random_uniform": {"minval": -1, "maxval": 1}},
    {"variance_scaling": {"scale": 3.0}},
    {"orthogonal": {"gain": 2.0}},
]
OPTIMIZERS_WITH_ARGUMENTS: list[Params] = [
    {"sgd": {"momentum": 0.9, "nesterov": True}},
    {"adam": {"amsgrad": True, "epsilon": 1e-3}},
    {"rmsprop": {"centered": True, "rho": 0.5}},
    {"lion": {"weight_decay": 0.1}},
]
INITIALIZER = NAMES_OF_INITIALIZERS | st.sampled_from(INITIALIZERS_WITH_ARGUMENTS)
OPTIMIZER = st.sampled_from(sorted(OPTIMIZERS)) | st.sampled_from(OPTIMIZERS_WITH_ARGUMENTS)
OWN_VALUES = {
    "lr": RATES,
    "network.hidden_units": st.lists(WIDTHS, max_size=3),
    "network.activation": ACTIVATIONS,
    "network.kernel_initializer": INITIALIZER,
    "training.batch_size": st.integers(5, 12),
    "training.epochs": EPOCHS,
    "training.optimizer": OPTIMIZER,
    "dataset.fraction": st.sampled_from([0.5, 0.75, 1.0]),
    "dataset.noise": st.sampled_from([0.0, 0.1, 0.5]),
    "dataset.points": st.integers(40, 60),
}
OF_SETTINGS = sorted(OWN_VALUES.keys() - {"dataset.noise", "dataset.points"})  # which the ring and the Y have not


@st.composite
def dataset_and_own_sweep(draw: st.DrawFn) -> tuple[Params, Params]:
    """The sections of the points and of the user's own question, which know of each other."""
    ours = draw(st.booleans())
    dataset = PARAMS["dataset"] | {
        "source": "ring_and_y" if ours else draw(DRAWN),
        "points": draw(st.integers(40, 80)),
        "noise": draw(st.sampled_from([0.0, 0.1, 1.0])),
        "fraction": draw(st.sampled_from([0.5, 1.0])),
    }
    vary = draw(st.sampled_from(OF_SETTINGS if ours else sorted(OWN_VALUES)))
    values = st.lists(OWN_VALUES[vary], min_size=1, max_size=3, unique_by=str)
    rates = st.just([]) if vary == "lr" else st.just([]) | few(RATES, 2)
    asked = {"vary": vary, "values": draw(values), "learning_rates": draw(rates), "replicates": draw(REPLICATES)}
    return dataset, asked


@st.composite
def tiny_params(draw: st.DrawFn) -> Params:
    """Sound params that the whole pipeline takes seconds for."""
    optimizers = draw(few(st.sampled_from(sorted(OPTIMIZERS)), 2))
    rates = draw(st.integers(1, 2))
    delta = st.floats(0, 1)
    dataset, own_sweep = draw(dataset_and_own_sweep())
    hidden_units = draw(st.lists(WIDTHS, max_size=3))
    activation = ACTIVATIONS
    if not own_sweep["vary"].startswith("network."):  # else each value must fit a list
        activation |= st.lists(ACTIVATIONS, min_size=len(hidden_units), max_size=len(hidden_units))
    drawn = {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "lr": draw(RATES),
        "network": {
            "hidden_units": hidden_units,
            "activation": draw(activation),
            "kernel_initializer": draw(INITIALIZER),
        },
        "training": {
            "epochs": draw(EPOCHS),
            "batch_size": draw(BATCHES),
            "optimizer": draw(OPTIMIZER),
            "min_delta": draw(delta),
            "patience": draw(EPOCHS),
        },
        "prediction_grid": {"limit": draw(st.floats(0.5, 100)), "points": draw(st.integers(2, 9))},
        "dataset": dataset,
        "own_sweep": own_sweep,
        "weight_decay_sweep": {
            "l2": draw(few(st.just(0) | SHARES, 3)),
            "learning_rates": draw(few(RATES, 2)),
            "replicates": draw(REPLICATES),
        },
        "baseline": {"snapshots": draw(st.integers(2, 4))},
        "lr_sweep": {
            "learning_rates": draw(few(RATES, 3)),
            "budget": draw(st.integers(1, 3)),
            "replicates": draw(st.integers(1, 3)),
        },
        "initializer_sweep": {
            "kernel_initializers": draw(few(NAMES_OF_INITIALIZERS, 3)),
            "replicates": draw(st.integers(1, 3)),
        },
        "network_sweep": {
            "activations": draw(few(ACTIVATIONS, 2)),
            "depths": draw(few(st.integers(0, 3), 2)),
            "widths": draw(few(WIDTHS, 2)),
            "learning_rates": draw(few(RATES, 2)),
            "epochs": draw(EPOCHS),
            "replicates": draw(st.integers(1, 3)),
        },
        "batch_sweep": {
            "batch_sizes": draw(few(BATCHES, 2)),
            "learning_rates": draw(few(RATES, 2)),
            "epochs": draw(EPOCHS),
            "replicates": draw(st.integers(1, 3)),
        },
        "optimizer_sweep": {
            "optimizers": [
                {
                    "name": name,
                    "optimizer": name,
                    "learning_rates": draw(st.lists(RATES, min_size=rates, max_size=rates, unique=True)),
                }
                for name in optimizers
            ],
            "replicates": draw(st.integers(1, 3)),
        },
        "smallest_network": {
            "activations": draw(few(ACTIVATIONS, 1)),
            "most_parameters": draw(st.integers(5, 9)),
            "restarts": draw(st.integers(1, 3)),
            "most_restarts": draw(st.integers(1, 6)),
            "epochs": draw(EPOCHS),
            "batch_size": draw(BATCHES),
            "learning_rate": draw(RATES),
        },
        "callbacks_demo": {
            "learning_rate": draw(RATES),
            "epochs": draw(EPOCHS),
            "min_delta": draw(delta),
            "patience": draw(EPOCHS),
        },
    }
    return {name: drawn[name] if name in drawn else draw(few_of(section)) for name, section in PARAMS.items()}


TEXTS = st.text(max_size=8) | st.sampled_from(
    ["relu", "rleu", "sgd", "adam", "lr", "$(id)", "; rm -rf /", "1e-6", "nan"]
)
NUMBERS = (
    st.integers()
    | st.integers(-2, 20)
    | st.floats()
    | st.floats(0, 1)
    | st.sampled_from([0, 1, 1209, 1210, 10**9, 2**32, 10**400, 1e-300])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | ACTIVATIONS | NAMES_OF_INITIALIZERS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.integers(), inner, max_size=3)
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Returns the way to each value in a nest of mappings and lists."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [path, *(place for key, child in items for place in places(child, (*path, key)))]


PLACES = [place for place in places(PARAMS) if place]


@st.composite
def any_params(draw: st.DrawFn) -> Any:
    """The study's params with a few things changed, added or left out; now and then something else altogether."""
    if draw(st.integers(0, 19)) == 0:
        return draw(VALUES)
    params = deepcopy(PARAMS)
    for _ in range(draw(st.integers(0, 4))):
        *way, last = draw(st.sampled_from(PLACES))
        node = params
        try:
            for key in way:
                node = node[key]
            change(node, last, draw)
        except (KeyError, IndexError, TypeError, AttributeError):  # an earlier change took that place away
            continue
    return params


def change(node: Any, key: Any, draw: st.DrawFn) -> None:
    """Sets a value to another, of its kind or of any, doubles it in its list, misspells its key or leaves it out."""
    kind = draw(st.sampled_from(["near", "other", "other", "leave out", "double", "misspell", "add"]))
    if kind == "leave out":
        del node[key]
    elif kind == "double" and isinstance(node, list):
        node.append(node[key])
    elif kind == "misspell" and isinstance(node, dict):
        node[f"{key}{draw(st.sampled_from('sx_ '))}"] = node.pop(key)
    elif kind == "add" and isinstance(node, dict):
        node[draw(TEXTS)] = draw(VALUES)
    elif kind == "near" and isinstance(node[key], int | float) and abs(node[key]) < sys.float_info.max:
        node[key] = draw(st.sampled_from([node[key] + 1, node[key] * 2, node[key] / 2, -node[key], str(node[key])]))
    else:
        node[key] = draw(VALUES)
