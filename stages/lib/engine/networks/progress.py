"""How far the training of a fleet is: a bar on a terminal, a line now and then in a log."""

import sys
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from stages.lib.core.plan import METRICS
from stages.lib.engine.progress import LINES


class Progress(keras.callbacks.Callback):
    """Keras callback; shows the epoch, losses and accuracies under the name of the model, and whose they are.

    Args:
        networks: in the fleet. Of several the medians are shown: means would be those of the few that diverge.
    """

    def __init__(self, networks: int = 1) -> None:
        super().__init__()
        self._networks = networks

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        whose = f"medians of {self._networks} networks" if self._networks > 1 else "one network"
        self._name = f"{self.model.name} ({whose})"
        silent = not sys.stderr.isatty()
        self.bar = tqdm(total=self.params["epochs"], desc=self._name, unit="epoch", disable=silent)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        shown = {name: f"{self._typical(name, logs or {}):.4f}" for name in METRICS}
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()
        epochs = self.params["epochs"]
        if self.bar.disable and (epoch + 1) * LINES // epochs > epoch * LINES // epochs:
            figures = "  ".join(map(" ".join, shown.items()))
            print(f"{self._name}: epoch {epoch + 1}/{epochs}  {figures}", file=sys.stderr, flush=True)

    def _typical(self, name: str, logs: dict[str, Any]) -> float:
        if self._networks == 1:
            return float(logs[name])
        last = np.asarray(logs[f"member_{name}"])[-1, : self._networks]
        return float(np.median(np.nan_to_num(last, nan=np.inf)))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.bar.close()
