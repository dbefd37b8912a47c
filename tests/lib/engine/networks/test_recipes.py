"""What a recipe says reaches the network that is trained by it: each against Keras's own layers, trained by Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from stages.lib.core.plan import Initializer, Optimizer, Recipe
from stages.lib.core.points import Draws, Points
from stages.lib.engine.networks.network import network_of, optimizer_of
from stages.lib.engine.networks.shard import fleet_of
from tests.lib.engine.clouds import clouds

EPOCHS = 2
FIRST = Recipe(
    (3, 2),
    "softplus",
    Initializer("random_normal", {"stddev": 0.5, "mean": 0.1}),
    Optimizer("sgd", {"momentum": 0.8}),
    learning_rate=0.3,
    batch_size=32,
    epochs=EPOCHS,
    l2=0.02,
)
SECOND = replace(
    FIRST, hidden_units=(4, 3), kernel_initializer=Initializer("lecun_uniform"), learning_rate=0.1, l2=0.05
)
INITIALIZERS = {"random_normal": keras.initializers.RandomNormal, "lecun_uniform": keras.initializers.LecunUniform}


def by_keras(recipe: Recipe, seed: int, points: Points) -> tuple[keras.Sequential, list[float]]:
    """A network that Keras has trained by a recipe, batch by batch, and its training loss before each epoch's end.

    Each layer's seed is a word of NumPy's SeedSequence; an epoch's order is the next permutation of RandomState.
    """
    first, second, third = (int(word) for word in np.random.SeedSequence(seed).generate_state(3))
    kind, arguments = INITIALIZERS[recipe.kernel_initializer.name], recipe.kernel_initializer.arguments
    binary = recipe.classes == 2
    activations = recipe.activation if isinstance(recipe.activation, tuple) else (recipe.activation,) * 2

    def layer(units: int, activation: str, layer_seed: int) -> keras.layers.Layer:
        decay, initializer = keras.regularizers.L2(recipe.l2), kind(**arguments, seed=layer_seed)
        return keras.layers.Dense(units, activation, kernel_initializer=initializer, kernel_regularizer=decay)

    network = keras.Sequential(
        [
            keras.Input((recipe.inputs,)),
            layer(recipe.hidden_units[0], activations[0], first),
            layer(recipe.hidden_units[1], activations[1], second),
            layer(1, "sigmoid", third) if binary else layer(recipe.classes, "softmax", third),
        ]
    )
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    network.compile(keras.optimizers.SGD(recipe.learning_rate, momentum=0.8), loss)
    random = np.random.RandomState(seed)
    losses = []
    for _ in range(EPOCHS):
        order = random.permutation(len(points))
        total = 0.0
        for start in range(0, len(points), recipe.batch_size):
            rows = order[start : start + recipe.batch_size]
            answers = np.asarray(network(points.x[rows]))
            total += cross_entropy(answers, points.y[rows]) * len(rows)
            network.train_on_batch(points.x[rows], points.y[rows])
        losses.append(total / len(points))
    return network, losses


def probabilities(answers: np.ndarray) -> np.ndarray:
    """Of each class, shape (rows, classes); a sigmoid unit answers with that of class 1."""
    return np.hstack([1 - answers, answers]) if answers.shape[1] == 1 else answers


def cross_entropy(answers: np.ndarray, labels: np.ndarray) -> float:
    return float(-np.log(np.take_along_axis(probabilities(answers), labels.astype(int), axis=1)).mean())


def right(answers: np.ndarray, labels: np.ndarray) -> float:
    return float((probabilities(answers).argmax(axis=1) == labels[:, 0]).mean())


def test_networks_of_a_fleet_are_trained_as_their_recipes_say(points: Points) -> None:
    assert_trained_as_said([(FIRST, 11), (SECOND, 12)], points)


@pytest.mark.parametrize(("inputs", "classes"), [pytest.param(5, 3, marks=pytest.mark.long), (64, 10)])
def test_so_they_are_with_any_inputs_and_classes_and_an_activation_for_each_layer(inputs: int, classes: int) -> None:
    runs = [
        (replace(recipe, inputs=inputs, classes=classes, activation=("tanh", "elu"), learning_rate=0.05), seed)
        for recipe, seed in ((FIRST, 11), (SECOND, 12))
    ]
    assert_trained_as_said(runs, clouds(inputs, classes))


def assert_trained_as_said(runs: list[tuple[Recipe, int]], points: Points) -> None:
    validation = Points(points.x[::3] * 2, points.y[::3])
    fleet = fleet_of([(*run, 0) for run in runs], train=Draws.of(points), validation=Draws.of(validation), name="two")
    curves = fleet.train(epochs=EPOCHS, batch_size=32)  # 100 points: the last batch has 4
    for member, (recipe, seed) in enumerate(runs):
        network, losses = by_keras(recipe, seed, points)
        for ours, theirs in zip(fleet.weights_of(member), network.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(curves["loss"][:, member], losses, rtol=1e-4)
        answers = np.asarray(network(validation.x))
        np.testing.assert_allclose(curves["val_loss"][-1, member], cross_entropy(answers, validation.y), rtol=1e-3)
        assert curves["val_accuracy"][-1, member] == pytest.approx(right(answers, validation.y))


@pytest.mark.parametrize(("inputs", "classes"), [(1, 2), pytest.param(5, 3, marks=pytest.mark.long), (200, 20)])
def test_a_network_of_a_recipe_fits_as_plain_layers_do(inputs: int, classes: int) -> None:
    points = clouds(inputs, classes, rows=300)
    recipe = replace(FIRST, inputs=inputs, classes=classes, activation=("tanh", "elu"), l2=0.0)
    keras.utils.set_random_seed(1)
    network = network_of(recipe, name="any", kernel_initializer=recipe.kernel_initializer)
    plain = keras.Sequential.from_config(network.get_config())
    plain.set_weights(network.get_weights())
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    plain.compile(keras.optimizers.SGD(0.3, momentum=0.8), loss, metrics=["accuracy"])
    fits = [
        model.fit(points.x, points.y, batch_size=150, epochs=2, shuffle=False, verbose=0).history
        for model in (network, plain)
    ]
    np.testing.assert_allclose(fits[0]["loss"], fits[1]["loss"], rtol=1e-4)
    assert fits[0]["accuracy"] == pytest.approx(fits[1]["accuracy"])
    for ours, theirs in zip(network.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_an_optimizer_has_its_rate_and_its_arguments() -> None:
    optimizer = optimizer_of(Optimizer("sgd", {"momentum": 0.8, "nesterov": True}))(0.3)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert float(optimizer.learning_rate) == pytest.approx(0.3)
    assert (optimizer.momentum, optimizer.nesterov) == (0.8, True)
    assert isinstance(optimizer_of(Optimizer("adamw"))(0.1), keras.optimizers.AdamW)
