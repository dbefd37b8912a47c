"""How far the training of a fleet is: a bar on a terminal, a line now and then in a log."""

import sys
from typing import Any

import keras
from tqdm import tqdm

from stages.lib.engine.progress import LINES


class Progress(keras.callbacks.Callback):
    """Keras callback; shows the epoch, loss and accuracies under the name of the model.

    Args:
        networks: how many networks the figures are means over.
    """

    def __init__(self, networks: int = 1) -> None:
        super().__init__()
        self._means = f" (means of {networks} networks)" if networks > 1 else ""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._name = f"{self.model.name}{self._means}"
        silent = not sys.stderr.isatty()
        self.bar = tqdm(total=self.params["epochs"], desc=self._name, unit="epoch", disable=silent)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        shown = {name: f"{(logs or {})[name]:.4f}" for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()
        epochs = self.params["epochs"]
        if self.bar.disable and (epoch + 1) * LINES // epochs > epoch * LINES // epochs:
            figures = "  ".join(map(" ".join, shown.items()))
            print(f"{self._name}: epoch {epoch + 1}/{epochs}  {figures}", file=sys.stderr, flush=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.bar.close()
