"""Networks and optimizers with arguments, as params.yaml holds them: against Keras, and in recipes."""

import inspect
import re
from typing import Any

import keras
import pytest
from pydantic import TypeAdapter, ValidationError

from stages.lib.analysis.page import baseline
from stages.lib.core.plan import Initializer, Optimizer
from stages.params.fields import Named, label_of
from stages.params.network import INITIALIZERS, KernelInitializer, Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.training import OPTIMIZERS, SWITCHES
from stages.params.training import Optimizer as AsWritten
from tests.measured import RING_AND_Y, params

OF_KERAS = {
    **{name: getattr(keras.optimizers, name.title().replace("sgd", "SGD"), None) for name in OPTIMIZERS},
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return caught.value.errors()[0]["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(("name", "argument"), [(name, each) for name, all_ in OPTIMIZERS.items() for each in all_])
def test_each_argument_of_an_optimizer_is_one_of_kerass_and_of_its_kind(name: str, argument: str) -> None:
    default = inspect.signature(OF_KERAS[name]).parameters[argument].default
    assert isinstance(default, bool) == (argument in SWITCHES)
    OF_KERAS[name](**{argument: True if argument in SWITCHES else 0.25})


EMA = {"use_ema", "ema_momentum", "ema_overwrite_frequency"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_an_optimizer_of_kerass_takes_besides_is_left_out_for_a_reason(name: str) -> None:
    over_all_weights = {
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
    }
    of_the_engine = {"learning_rate", "loss_scale_factor", "gradient_accumulation_steps", "name", "kwargs"}
    taken = set(inspect.signature(OF_KERAS[name]).parameters)
    assert taken - set(OPTIMIZERS[name]) <= over_all_weights | of_the_engine


@pytest.mark.parametrize("name", INITIALIZERS)
def test_each_argument_of_an_initializer_is_one_of_kerass(name: str) -> None:
    takes = inspect.signature(keras.initializers.get(name).__class__).parameters
    numbers = {each for each, given in takes.items() if isinstance(given.default, float)}
    assert set(INITIALIZERS[name]) == numbers


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("he_norm", ", zeros; did you mean 'he_normal'?"),
        ("RandomNormal", "did you mean 'random_normal'?"),
        ("RandomNormal(stddev=0.5)", "with its arguments; write {random_normal: {stddev: 0.5}}"),
        ("HeNormal()", "with its arguments; write he_normal"),
        (
            {"random_normal": {"sttdev": 1}},
            "sttdev is no argument of random_normal that can be given here; it takes",
        ),
        ({"zeros": {"value": 1}}, "value is no argument of zeros that can be given here; it takes none"),
        ({"random_normal": {"stddev": 0}}, "stddev must be above 0"),
        ({"variance_scaling": {"scale": -1}}, "scale must be above 0"),
        ({"random_normal": {"stddev": "0.5"}}, "random_normal.stddev must be a number"),
        ({"random_normal": {"stddev": True}}, "stddev must be a number"),
        ({"random_normal": {"stddev": float("inf")}}, "random_normal.stddev must be a number"),
        ({"random_normal": None}, "must hold the arguments of random_normal"),
        ({"random_normal": {}}, "such as {random_normal: {argument: 0.5}}; or write random_normal"),
        ({"zeros": {}, "ones": {}}, "must be a name, or one name with its arguments"),
        ({}, "must be a name, or one name with its arguments"),
        (5, "must be one of glorot_normal, "),
    ],
)
def test_an_initializer_that_keras_has_not_is_refused(value: object, said: str) -> None:
    assert said in refusal(KernelInitializer, value)


@pytest.mark.parametrize("given", [{"minval": 1}, {"maxval": -1}, {"minval": 0.5, "maxval": 0.5}], ids=str)
def test_the_ends_of_a_uniform_start_are_told_with_those_that_are_not_given(given: dict[str, float]) -> None:
    said = "minval must be below maxval; Keras's are -0.05 and 0.05 where they are not given"
    assert refusal(KernelInitializer, {"random_uniform": given}) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Adam", "did you mean 'adam'?"),
        ("ftrl", "must be one of adadelta, adagrad, adam, adamax, adamw, lion, nadam, rmsprop, sgd"),
        ("SGD(momentum=0.9)", "with its arguments; write {sgd: {momentum: 0.9}}"),
        ({"sgd": {"momentum": 1}}, "momentum must be from 0 to 0.999999"),
        ({"sgd": {"momentum": 0.99999999}}, "momentum must be from 0 to 0.999999"),
        ({"adam": {"epsilon": 1e-40}}, "adam.epsilon must be 0 or at least 1.17549e-38, the least that float32 holds"),
        ({"sgd": {"momentum": True}}, "momentum must be a number"),
        ({"sgd": {"nesterov": 1}}, "nesterov must be true or false"),
        ({"sgd": {"weight_decay": -1}}, "weight_decay must be at least 0"),
        ({"adam": {"epsilon": 0}}, "epsilon must be above 0"),
        (
            {"adam": {"momentum": 0.9}},
            "momentum is no argument of adam that can be given here; it takes amsgrad",
        ),
        ({"sgd": {"learning_rate": 0.1}}, "learning_rate is no argument of sgd that can be given here"),
    ],
)
def test_an_optimizer_that_keras_has_not_is_refused(value: object, said: str) -> None:
    assert said in refusal(AsWritten, value)


def test_a_name_that_is_near_none_gets_no_hint() -> None:
    for kind, names in (
        (KernelInitializer, ("xavier", "kaiming")),
        (AsWritten, ("lbfgs", "newton", "muon")),
    ):
        for name in names:
            assert not re.search("did you mean", refusal(kind, name)), name


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("zeros", "zeros"),
        ({"random_normal": {"stddev": 0.5}}, "random_normal stddev=0.5"),
        ({"sgd": {"momentum": 0.9, "nesterov": True}}, "sgd momentum=0.9 nesterov=true"),
        ({"random_normal": {"stddev": 0.1234567}}, "random_normal stddev=0.1234567"),
    ],
)
def test_a_name_with_arguments_has_a_label_that_no_other_has(value: Named, label: str) -> None:
    assert label_of(value) == label


def test_the_recipe_of_the_baseline_has_the_arguments_of_the_params() -> None:
    recipe = baseline(
        params(
            network={
                "hidden_units": [4, 3],
                "activation": ["tanh", "relu"],
                "kernel_initializer": {"random_normal": {"stddev": 0.5}},
            },
            training={"optimizer": {"sgd": {"momentum": 0.9}}},
        ),
        RING_AND_Y,
    )
    assert recipe.activation == recipe.activations == ("tanh", "relu")
    assert recipe.kernel_initializer == Initializer("random_normal", {"stddev": 0.5})
    assert recipe.optimizer == Optimizer("sgd", {"momentum": 0.9})


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        (["relu"], "has 2 hidden layers, but names 1 activations; name one, or one for each layer"),
        (["relu", "rleu"], "did you mean 'relu'?"),
        ([], "has 2 hidden layers, but names 0 activations"),
        ("softmax", "must be one of celu, "),
    ],
)
def test_activations_are_one_name_or_one_for_each_layer(activation: object, said: str) -> None:
    value = {"hidden_units": [4, 3], "activation": activation, "kernel_initializer": "zeros"}
    assert said in refusal(Network, value)


def test_a_straight_line_has_no_activations_or_one_name() -> None:
    activations: list[str | list[str]] = [[], "relu"]
    for activation in activations:
        assert Network([], activation, "zeros").activation == activation


@pytest.mark.parametrize("limit", ["auto", 0.5, 2, 100])
def test_a_picture_reaches_as_far_as_the_points_or_as_a_number_says(limit: object) -> None:
    assert TypeAdapter(PredictionGrid).validate_python({"limit": limit, "points": 9}).limit == limit


@pytest.mark.parametrize("limit", ["Auto", "2", 0.4, 101, True, None, float("nan"), [2]])
def test_another_limit_is_refused_in_one_line(limit: object) -> None:
    assert refusal(PredictionGrid, {"limit": limit, "points": 9}) == "must be auto, or a number from 0.5 to 100"
