"""What is trained, asked and drawn is the same bits whatever the size of the processor's first data cache.

Eigen is told sizes that processors have; batches and layers are larger than what it would sum in one go.
"""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from stages.lib.core.places import Places
from stages.lib.core.plan import Initializer
from stages.lib.core.points import Draws, Points, read_points
from stages.lib.engine.networks.fleet import Fleet, Member, initial_kernels
from stages.lib.engine.networks.network import dense_network, judge
from stages.params.network import INITIALIZERS
from tests.lib.engine.clouds import clouds
from tests.lib.engine.eigen import first_cache_of

KIBIBYTES = (16, 32, 48, 64)
ALL_POINTS = 1209


@pytest.fixture(scope="module")
def train(data: Places) -> Points:
    return read_points(data.points("train"), 2)


def outcomes(compute: Callable[[], list[np.ndarray]]) -> list[bytes]:
    """What is computed for each size of the cache."""
    found = []
    for size in KIBIBYTES:
        with first_cache_of(size):
            found.append(b"".join(values.tobytes() for values in compute()))
    return found


def test_a_plain_product_differs_so_that_the_others_could() -> None:
    some = np.random.RandomState(0).standard_normal((16, 2_000)).astype(np.float32)
    compiled = tf.function(lambda a: tf.matmul(a, a, transpose_b=True), jit_compile=True)
    assert len(set(outcomes(lambda: [compiled(some).numpy()]))) == len(KIBIBYTES)


@pytest.mark.parametrize(
    ("hidden_units", "batch_size"),
    [pytest.param((16, 16), 512, marks=pytest.mark.long), ((16, 16), ALL_POINTS), ((600, 300), 300)],
)
def test_a_fleet_trains_to_the_same_bits(hidden_units: tuple[int, ...], batch_size: int, train: Points) -> None:
    assert_trains_to_the_same_bits(hidden_units, batch_size, train, 2)


@pytest.mark.parametrize(("inputs", "classes"), [pytest.param(5, 3, marks=pytest.mark.long), (1_000, 20)])
def test_so_does_a_fleet_with_any_number_of_inputs_and_classes(inputs: int, classes: int) -> None:
    assert_trains_to_the_same_bits((16,), 450, clouds(inputs, classes, rows=450), classes)


def assert_trains_to_the_same_bits(hidden_units: tuple[int, ...], batch_size: int, train: Points, classes: int) -> None:
    members = [Member(hidden_units, Initializer("glorot_uniform"), rate, seed=1) for rate in (0.01, 0.1)]
    learned = Draws.of(train)
    fleet = Fleet(
        members,
        activation="relu",
        optimizer=keras.optimizers.Adam,
        train=learned,
        validation=learned,
        classes=classes,
    )
    variables = [*fleet.variables, *fleet.optimizer.variables]
    start = [variable.numpy() for variable in variables]

    def trained() -> list[np.ndarray]:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        judged = fleet.judge(learned)
        curves = fleet.train(epochs=2, batch_size=batch_size)
        return [*judged.values(), *curves.values(), *fleet.weights_of(0), *fleet.weights_of(1)]

    assert len(set(outcomes(trained))) == 1


@pytest.mark.parametrize(
    ("hidden_units", "batch_size"), [pytest.param([16, 16], 512, marks=pytest.mark.long), ([600, 300], ALL_POINTS)]
)
def test_keras_fits_predicts_and_evaluates_to_the_same_bits(
    hidden_units: list[int], batch_size: int, train: Points
) -> None:
    assert_fits_to_the_same_bits(hidden_units, batch_size, train, 2)


@pytest.mark.parametrize(("inputs", "classes"), [pytest.param(5, 3, marks=pytest.mark.long), (1_000, 20)])
def test_so_it_does_with_any_number_of_inputs_and_classes(inputs: int, classes: int) -> None:
    assert_fits_to_the_same_bits([16], 450, clouds(inputs, classes, rows=450), classes)


def assert_fits_to_the_same_bits(hidden_units: list[int], batch_size: int, train: Points, classes: int) -> None:
    keras.utils.set_random_seed(1)
    network = dense_network(
        hidden_units,
        "tanh",
        keras.optimizers.Adam(0.01),
        name="any",
        inputs=train.x.shape[1],
        classes=classes,
        kernel_initializer=Initializer("he_normal"),
    )
    variables = [*network.variables, *network.optimizer.variables]
    start = [variable.numpy() for variable in variables]

    def fitted() -> list[np.ndarray]:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        answers = network.predict(train.x, batch_size=batch_size, verbose=0)
        fit = network.fit(train.x, train.y, batch_size=batch_size, epochs=2, shuffle=False, verbose=0)
        figures = [*fit.history["loss"], *judge(network, train).values()]
        return [answers, np.array(figures), *network.get_weights()]

    assert len(set(outcomes(fitted))) == 1


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_initial_weights_are_the_same_bits(initializer: str) -> None:
    member = Member((48, 64, 300, 200), Initializer(initializer), learning_rate=0.1, seed=1)
    assert len(set(outcomes(lambda: initial_kernels(member, 100, 10)))) == 1
