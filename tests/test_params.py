"""The types of params.yaml against Keras, and against the file itself."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
import pytest

from stages.lib.core.plan import Initializer
from stages.lib.engine.networks.network import seeded_initializer
from stages.params.network import INITIALIZERS, Activation

ROOT = Path(__file__).parents[1]


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
