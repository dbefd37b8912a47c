"""The types of params.yaml against Keras, and against the file itself."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from stages.lib.analysis.page import sections
from stages.lib.core.plan import Initializer
from stages.lib.engine.networks.network import seeded_initializer
from stages.params.network import INITIALIZERS, Activation

ROOT = Path(__file__).parents[1]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
LISTS = [
    (section, key)
    for section, keys in PARAMS.items()
    if isinstance(keys, dict)
    for key, values in keys.items()
    if isinstance(values, list) and any(isinstance(value, float) for value in values)
]


def refusal(section: str, **changed: object) -> str:
    """Why a section of the study's params is refused, with some of its keys changed."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(sections()[section]).validate_python(PARAMS[section] | changed)
    return str(caught.value)


def public_functions(module: Any) -> set[str]:
    helpers = {"get", "serialize", "deserialize"}
    return {name for name, item in vars(module).items() if inspect.isfunction(item)} - helpers


def test_activations_are_all_of_keras_that_work_unit_by_unit() -> None:
    across_units = {"softmax", "log_softmax", "sparsemax", "glu"}
    with_arguments = {"threshold"}
    second_names = {"swish", "hard_swish"}  # of silu and hard_silu
    others = across_units | with_arguments | second_names
    assert set(get_args(Activation)) == public_functions(keras.activations) - others


@pytest.mark.parametrize("name", get_args(Activation))
def test_a_unit_does_not_feel_its_neighbours(name: str) -> None:
    activation = keras.activations.get(name)
    together = activation(keras.ops.array([[-1.5, 0.2, 3.0]]))
    alone = [float(activation(keras.ops.array([[x]]))[0, 0]) for x in (-1.5, 0.2, 3.0)]
    np.testing.assert_allclose(together, [alone], rtol=1e-6)


def test_initializers_are_all_of_keras_that_fit_any_kernel() -> None:
    snake_case = {name for name, item in vars(keras.initializers).items() if inspect.isclass(item) and name.islower()}
    only_square = {"identity"}
    not_for_kernels = {"constant", "stft"}  # a constant needs its value; stft makes spectra
    assert set(INITIALIZERS) == snake_case - only_square - not_for_kernels


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_draws_the_same_for_a_seed_and_else_others(name: str) -> None:
    first, again, other = (drawn(name, {}, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) == (name in {"zeros", "ones"})


@pytest.mark.parametrize(
    ("name", "argument"), [(name, argument) for name, arguments in INITIALIZERS.items() for argument in arguments]
)
def test_each_argument_of_an_initializer_reaches_keras(name: str, argument: str) -> None:
    value = {"minval": -2.0}.get(argument, 2.0)
    keras_name = "".join(word.capitalize() for word in name.split("_"))
    expected = getattr(keras.initializers, keras_name)(**{argument: value}, seed=1)((3, 4))
    np.testing.assert_array_equal(drawn(name, {argument: value}, 1), np.asarray(expected))
    assert not np.array_equal(drawn(name, {argument: value}, 1), drawn(name, {}, 1))


def drawn(name: str, arguments: dict[str, float], seed: int) -> np.ndarray:
    return np.asarray(seeded_initializer(Initializer(name, arguments), seed)((3, 4)))


def test_the_sections_load_without_numpy_and_tensorflow() -> None:
    modules = [f"stages.params.{path.stem}" for path in (ROOT / "stages" / "params").glob("*.py")]
    code = f"import sys, {', '.join(modules)}; sys.exit(bool({{'numpy', 'tensorflow'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_these_are_the_lists_of_numbers_in_the_study() -> None:
    """So that a new list is asked, too, whether it takes a value twice."""
    assert {key for _, key in LISTS} == {"learning_rates", "l2", "momentum", "values"}


@pytest.mark.parametrize(("section", "key"), LISTS)
@pytest.mark.parametrize("more", [1 + 1e-15, 1 + 2e-8, 1 + 1e-7], ids=["float64", "float32", "six digits"])
def test_a_value_that_trains_or_prints_like_another_is_refused(section: str, key: str, more: float) -> None:
    values = PARAMS[section][key]
    value = next(value for value in values if value)
    said = refusal(section, **{key: [*values[:-1], value, value * more]})
    assert re.search("stands twice|are the same in float32 or in six digits; remove one", said), said


@pytest.mark.parametrize(
    ("vary", "values"),
    [
        ("lr", [0.1, 0.1000000000000001]),
        ("lr", [1, 1.0000001]),
        ("lr", [1.00000499999, 1.00000500001]),  # six digits tell them apart, float32 does not
        ("training.optimizer", [{"sgd": {"momentum": 0.9}}, {"sgd": {"momentum": 0.90000001}}]),
        ("network.kernel_initializer", [{"random_normal": {"stddev": 1}}, {"random_normal": {"stddev": 1.0000001}}]),
    ],
)
def test_a_question_of_the_users_own_has_no_value_twice(vary: str, values: list[Any]) -> None:
    assert "are the same in float32 or in six digits" in refusal(
        "own_sweep", vary=vary, values=values, learning_rates=[]
    )


def test_values_that_six_digits_tell_apart_are_taken() -> None:
    rates = [0.1, 0.100001, 1.17550e-38, 999.999, 1000]
    section = TypeAdapter(sections()["lr_sweep"]).validate_python(PARAMS["lr_sweep"] | {"learning_rates": rates})
    assert section.learning_rates == rates


def test_the_same_optimizer_at_the_same_rates_is_refused_under_a_second_name() -> None:
    entry = PARAMS["optimizer_sweep"]["optimizers"][0]
    assert "stands twice" in refusal("optimizer_sweep", optimizers=[entry, entry | {"name": "another"}])


@pytest.mark.parametrize("idle", [{"momentum": 0}, {"momentum": 0.0, "nesterov": False}, {"nesterov": False}])
def test_an_argument_that_does_nothing_makes_no_other_optimizer(idle: dict[str, Any]) -> None:
    entry = PARAMS["optimizer_sweep"]["optimizers"][0]
    assert entry["optimizer"] == "sgd"
    said = refusal("optimizer_sweep", optimizers=[entry, entry | {"name": "another", "optimizer": {"sgd": idle}}])
    assert "stands twice" in said
    said = refusal("own_sweep", vary="training.optimizer", values=["sgd", {"sgd": idle}], learning_rates=[])
    assert "are the same" in said or "stands twice" in said


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("lr_sweep", "learning_rates", [1e-40], "must be 0 or at least 1.17549e-38, the least that float32 holds"),
        ("callbacks_demo", "learning_rate", 1e-39, "must be 0 or at least 1.17549e-38"),
        ("weight_decay_sweep", "l2", [0, 1e-50], "must be 0 or at least 1.17549e-38"),
        *(
            (section, "momentum", [0.9999999], "less than or equal to 0.999999")  # 1 in float32
            for section, values in PARAMS.items()
            if isinstance(values, dict) and "momentum" in values
        ),
    ],
)
def test_a_number_that_float32_takes_for_another_is_refused(section: str, key: str, value: object, said: str) -> None:
    assert said in refusal(section, **{key: value})


def test_optimizers_whose_rates_train_alike_are_the_same_under_two_names() -> None:
    entry = {"name": "one", "optimizer": "adam", "learning_rates": [0.1]}
    other = {"name": "two", "optimizer": "adam", "learning_rates": [0.1000000001]}
    assert "each value may stand once, but" in refusal("optimizer_sweep", optimizers=[entry, other])


def test_without_layers_there_is_one_network_whatever_the_widths() -> None:
    asked = {"depths": [0], "widths": list(range(1, 101)), "replicates": 1000}
    section = TypeAdapter(sections()["network_sweep"]).validate_python(PARAMS["network_sweep"] | asked)
    assert section.variants == len(section.learning_rates)  # 5 rates, where all combinations would be 2,000


def test_rates_beyond_what_a_table_may_hold_are_refused() -> None:
    entry = PARAMS["optimizer_sweep"]["optimizers"][0]
    rates = [each / 100 for each in range(1, 101)]
    entries = [entry | {"name": f"sgd_{place}", "optimizer": {"sgd": {"momentum": place / 100}}} for place in range(51)]
    said = refusal("optimizer_sweep", optimizers=[each | {"learning_rates": rates} for each in entries], replicates=1)
    assert "has 5,100 rates in all, each a row of a table, but at most 5,000 may be" in said


@pytest.mark.parametrize(
    ("source", "taken"),
    [("iris.csv", True), ("IRIS.CSV", True), (".iris.csv", False), ("own/iris.csv", False), ("iris.csv\n", False)],
)
def test_a_table_is_named_by_its_file_alone(source: str, taken: bool) -> None:
    if taken:
        section = TypeAdapter(sections()["dataset"]).validate_python(PARAMS["dataset"] | {"source": source})
        assert section.tables == (source,)
    else:
        assert "or the name of a CSV in data/own/ without its folder" in refusal("dataset", source=source)
