"""How far the training is: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import keras
from tqdm import tqdm

LINES = 10  # in a log, from the first epoch to the last

Item = TypeVar("Item")


def counted(
    found: Iterable[tuple[int, Item]], sizes: Sequence[int], *, done: int, name: str
) -> Iterator[tuple[int, Item]]:
    """Yield what is found of shards, and shows how many networks are trained and the time left.

    Args:
        found: a position and an outcome for each shard, in any order.
        sizes: the number of networks of each shard, by position.
        done: the number of networks that were trained before.
        name: what the bar is called.
    """
    total = done + sum(sizes)
    silent = not sys.stderr.isatty()
    bar = tqdm(desc=name, total=total, initial=done, unit="network", disable=silent)
    for position, outcome in found:
        yield position, outcome
        bar.update(sizes[position])
        before, done = done, done + sizes[position]
        if silent and len(sizes) > 1 and done * LINES // total > before * LINES // total:
            print(f"{name}: {done} of {total} networks", file=sys.stderr, flush=True)
    bar.close()


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
