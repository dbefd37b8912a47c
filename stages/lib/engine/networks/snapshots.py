"""The weights of a fleet's first member at several epochs, to show how it learns."""

from typing import Any

import keras
import numpy as np


class Snapshots(keras.callbacks.Callback):
    """Keras callback for a `Fleet`; `weights` maps each of the epochs to the first member's weights after it."""

    def __init__(self, epochs: list[int]) -> None:
        super().__init__()
        self._epochs = set(epochs)
        self.weights: dict[int, list[np.ndarray]] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.on_epoch_end(-1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch + 1 in self._epochs:
            self.weights[epoch + 1] = self.model.weights_of(0)
