"""What a recipe says reaches the network that is trained by it: each against Keras's own layers, trained by Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from stages.lib.core.plan import Optimizer, Recipe
from stages.lib.core.points import Points
from stages.lib.engine.fleets import fleet_of
from stages.lib.engine.network import optimizer_of

EPOCHS = 2
FIRST = Recipe(
    (3, 2), "softplus", "he_normal", Optimizer("sgd", {"momentum": 0.8}), 0.3, batch_size=32, epochs=EPOCHS, l2=0.02
)
SECOND = replace(FIRST, hidden_units=(4, 3), kernel_initializer="lecun_uniform", learning_rate=0.1, l2=0.05)
INITIALIZERS = {"he_normal": keras.initializers.HeNormal, "lecun_uniform": keras.initializers.LecunUniform}


def by_keras(recipe: Recipe, seed: int, points: Points) -> tuple[keras.Sequential, list[float]]:
    """A network that Keras has trained by a recipe, batch by batch, and its training loss before each epoch's end.

    Each layer's seed is a word of NumPy's SeedSequence; an epoch's order is the next permutation of RandomState.
    """
    first, second, third = (int(word) for word in np.random.SeedSequence(seed).generate_state(3))
    kind = INITIALIZERS[recipe.kernel_initializer]

    def layer(units: int, activation: str, layer_seed: int) -> keras.layers.Layer:
        decay = keras.regularizers.L2(recipe.l2)
        return keras.layers.Dense(units, activation, kernel_initializer=kind(seed=layer_seed), kernel_regularizer=decay)

    network = keras.Sequential(
        [
            keras.Input((2,)),
            layer(recipe.hidden_units[0], recipe.activation, first),
            layer(recipe.hidden_units[1], recipe.activation, second),
            layer(1, "sigmoid", third),
        ]
    )
    network.compile(keras.optimizers.SGD(recipe.learning_rate, momentum=0.8), "binary_crossentropy")
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


def cross_entropy(answers: np.ndarray, labels: np.ndarray) -> float:
    return float(-np.where(labels == 1, np.log(answers), np.log1p(-answers)).mean())


def test_networks_of_a_fleet_are_trained_as_their_recipes_say(points: Points) -> None:
    validation = Points(points.x[::3] * 2, points.y[::3])
    runs = [(FIRST, 11), (SECOND, 12)]
    fleet = fleet_of(runs, train=points, validation=validation, name="two")
    curves = fleet.train(epochs=EPOCHS, batch_size=32)  # 100 points: the last batch has 4
    for member, (recipe, seed) in enumerate(runs):
        network, losses = by_keras(recipe, seed, points)
        for ours, theirs in zip(fleet.weights_of(member), network.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(curves["loss"][:, member], losses, rtol=1e-4)
        answers = np.asarray(network(validation.x))
        np.testing.assert_allclose(curves["val_loss"][-1, member], cross_entropy(answers, validation.y), rtol=1e-3)
        assert curves["val_accuracy"][-1, member] == pytest.approx(((answers > 0.5) == validation.y).mean())


def test_an_optimizer_has_its_rate_and_its_arguments() -> None:
    optimizer = optimizer_of(Optimizer("sgd", {"momentum": 0.8, "nesterov": True}))(0.3)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert float(optimizer.learning_rate) == pytest.approx(0.3)
    assert (optimizer.momentum, optimizer.nesterov) == (0.8, True)
    assert isinstance(optimizer_of(Optimizer("adamw"))(0.1), keras.optimizers.AdamW)
