"""The networks as Keras models: what plain `Dense` layers give, and orthogonal weights of any width."""

import keras
import numpy as np
import pytest

from stages.lib.core.plan import Initializer
from stages.lib.core.points import Points
from stages.lib.engine.networks.network import KERAS_QR, PinnedOrthogonal, dense_network, seeded_initializer


def plain(network: keras.Sequential) -> keras.Sequential:
    """A plain `Sequential` network with the same weights, optimizer and loss."""
    twin = keras.Sequential.from_config(network.get_config())
    twin.compile(
        type(network.optimizer).from_config(network.optimizer.get_config()),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
    )
    twin.set_weights(network.get_weights())
    return twin


@pytest.mark.parametrize("hidden_units", [[], pytest.param([16, 16], marks=pytest.mark.long), [128, 3]])
def test_fit_evaluate_and_predict_give_the_bits_of_plain_layers_where_sums_are_short(
    hidden_units: list[int], points: Points
) -> None:
    network = dense_network(
        hidden_units, "tanh", keras.optimizers.Adam(0.01), name="any", kernel_initializer=Initializer("glorot_uniform")
    )
    twin = plain(network)
    of_both = []
    for model in (network, twin):
        history = model.fit(points.x, points.y, batch_size=64, epochs=2, shuffle=False, verbose=0).history
        judged = model.evaluate(points.x, points.y, batch_size=100, verbose=0)
        of_both.append((history, judged, model.predict(points.x, verbose=0).tobytes()))
    assert of_both[0] == of_both[1]


def test_a_wide_network_learns_from_a_large_batch_as_plain_layers_do(points: Points) -> None:
    many = Points(np.tile(points.x, (3, 1)), np.tile(points.y, (3, 1)))
    network = dense_network(
        [300, 140], "tanh", keras.optimizers.SGD(0.1), name="any", kernel_initializer=Initializer("he_normal")
    )
    twin = plain(network)
    for model in (network, twin):
        model.fit(many.x, many.y, batch_size=290, epochs=1, shuffle=False, verbose=0)
    for ours, theirs in zip(network.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("shape", [(64, 200), (200, 64), (300, 300)])
def test_wide_orthogonal_weights_are_orthonormal_and_those_of_keras_but_for_rounding(shape: tuple[int, int]) -> None:
    kernel = np.asarray(PinnedOrthogonal(seed=1)(shape))
    short = kernel if shape[0] <= shape[1] else kernel.T
    np.testing.assert_allclose(short @ short.T, np.eye(len(short)), rtol=0, atol=1e-5)
    np.testing.assert_allclose(kernel, np.asarray(keras.initializers.Orthogonal(seed=1)(shape)), rtol=0, atol=1e-4)


def test_narrow_orthogonal_weights_are_those_of_keras_to_the_bit() -> None:
    for shape in ((2, 1024), (1024, KERAS_QR), (16, 16)):
        ours, theirs = (np.asarray(kind(seed=1)(shape)) for kind in (PinnedOrthogonal, keras.initializers.Orthogonal))
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("shape", [(5, 3), (64, 200)])
def test_the_gain_of_orthogonal_weights_is_their_length(shape: tuple[int, int]) -> None:
    kernel = np.asarray(seeded_initializer(Initializer("orthogonal", {"gain": 3.0}), 1)(shape))
    short = kernel if shape[0] <= shape[1] else kernel.T
    np.testing.assert_allclose(np.linalg.norm(short, axis=1), 3.0, rtol=1e-5)
