"""What the benchmark compares does the same work, so that its ratios say something."""

import shutil

import keras
import numpy as np
import pytest

from stages.lib.core.plan import METRICS, Initializer
from stages.lib.core.points import Draws, Points
from stages.lib.engine.networks.fleet import Fleet, Member
from tests.lacking import lacking
from tools.bench import by_hand, work

ROWS, EPOCHS = 75, 3  # two whole batches and a short one


@pytest.mark.long  # for it needs a C compiler
def test_the_program_by_hand_trains_as_the_engine_does() -> None:
    if not shutil.which("cc"):
        lacking("no C compiler `cc` is installed; `apt-get install gcc`")
    x, y = work.points(ROWS)
    data = Draws.of(Points(x, y))
    members = [Member((16, 16), Initializer("he_normal"), work.LEARNING_RATE, seed) for seed in range(3)]
    fleet = Fleet(members, activation="relu", optimizer=keras.optimizers.SGD, train=data, validation=data)

    def flat() -> np.ndarray:
        return np.stack([np.concatenate([array.ravel() for array in fleet.weights_of(n)]) for n in range(3)])

    start = flat()
    weights, curves = by_hand.fleet(x, y, rate=work.LEARNING_RATE, epochs=EPOCHS)(start)
    expected = fleet.train(epochs=EPOCHS, batch_size=work.BATCH_SIZE)
    assert start.shape == (3, by_hand.WEIGHTS)
    for number, metric in enumerate(METRICS):
        np.testing.assert_allclose(curves[:, :, number], expected[metric], rtol=1e-5)
    np.testing.assert_allclose(weights, flat(), atol=1e-6)
    assert np.abs(weights - start).max() > 0.01
