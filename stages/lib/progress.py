"""How far the training is: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import keras
from tqdm import tqdm

LINES = 10  # in a log, from the first epoch to the last

Item = TypeVar("Item")


def counted(items: Iterable[Item], *, total: int, name: str) -> Iterator[Item]:
    """Yields the items and shows how many of them there were."""
    silent = not sys.stderr.isatty()
    for count, item in enumerate(tqdm(items, desc=name, total=total, unit="fleet", disable=silent), 1):
        if silent and count * LINES // total > (count - 1) * LINES // total:
            print(f"{name}: {count} of {total} fleets", file=sys.stderr, flush=True)
        yield item


class Progress(keras.callbacks.Callback):
    """Keras callback; shows the epoch, loss and accuracies under the name of the model."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        silent = not sys.stderr.isatty()
        self.bar = tqdm(total=self.params["epochs"], desc=self.model.name, unit="epoch", disable=silent)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        shown = {name: f"{(logs or {})[name]:.4f}" for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()
        epochs = self.params["epochs"]
        if self.bar.disable and (epoch + 1) * LINES // epochs > epoch * LINES // epochs:
            figures = "  ".join(map(" ".join, shown.items()))
            print(f"{self.model.name}: epoch {epoch + 1}/{epochs}  {figures}", file=sys.stderr, flush=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.bar.close()
