"""What the study measures of a network, besides Keras's loss and accuracy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy  # whose parts load where they are first used

from stages.lib.core.points import Points
from stages.params.training import Training

# By Keras's names: the value of a sum, and the slope where that is the value.
ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "elu": (lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), lambda y: np.where(y > 0, 1, y + 1)),
    "linear": (lambda x: x, np.ones_like),
    "relu": (lambda x: np.maximum(x, 0), lambda y: y > 0),
    "sigmoid": (lambda x: scipy.special.expit(x), lambda y: y * (1 - y)),
    "tanh": (np.tanh, lambda y: 1 - y**2),
}
RISE = 1e-3  # relative; above the rounding of a float32 mean, below any rise seen on a curve


def summary(values: np.ndarray) -> dict[str, Any]:
    """Return mean, standard deviation (of the sample, n - 1), least, greatest and number of some runs' values.

    Of one run the standard deviation is not known: NaN.
    """
    values = np.asarray(values, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        spread = values.std(ddof=1) if len(values) > 1 else np.nan
        return {"mean": values.mean(), "std": spread, "min": values.min(), "max": values.max(), "n": len(values)}


def plateau_epoch(val_loss: np.ndarray, rule: Training) -> int | None:
    """Return the first epoch (from 1) after which `patience` epochs bring less than `min_delta`, or None.

    The gain is the loss of that epoch less the smallest of the next `patience` epochs; all of them must
    have been trained. A rule is needed as the cross-entropy of separable points falls for ever.

    Args:
        val_loss: the validation loss after each epoch, shape (epochs,).
        rule: its `min_delta`, in nats, and its `patience`, in epochs.
    """
    for epoch in range(len(val_loss) - rule.patience):
        following = val_loss[epoch + 1 : epoch + 1 + rule.patience]
        if val_loss[epoch] - following.min() < rule.min_delta:
            return epoch + 1
    return None


def constant_loss(points: Points) -> float:
    """Return the cross-entropy of the best constant answer: the entropy of the classes, in nats."""
    _, counts = np.unique(points.y, return_counts=True)
    shares = counts / len(points)
    return float(-(shares * np.log(shares)).sum())


def dead_units(weights: Sequence[np.ndarray], points: Points) -> int:
    """Return how many hidden ReLU units of a network answer 0 to all points: they get no gradient any more.

    Args:
        weights: kernels, shape (in, out), and biases, shape (out,), in turn; all but the last layer are ReLU's.
        points: those that the network learned.
    """
    values, dead = points.x, 0
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        with np.errstate(invalid="ignore", over="ignore"):  # of a network that has diverged
            values = np.maximum(values @ kernel + bias, 0)
        dead += int((values.max(axis=0) == 0).sum())
    return dead


def gradient_norms(weights: Sequence[np.ndarray], activations: Sequence[str], points: Points) -> np.ndarray:
    """Return the norm of the gradient of the mean cross-entropy to each kernel of a network, first to last.

    It is NaN where an activation is not in `ACTIVATIONS`, or where the network has diverged.

    Args:
        weights: kernels, shape (in, out), and biases, shape (out,), in turn.
        activations: of the hidden layers.
        points: those that the network learns.
    """
    kernels, biases = ([array.astype(np.float64) for array in weights[first::2]] for first in (0, 1))
    if not set(activations) <= ACTIVATIONS.keys():
        return np.full(len(kernels), np.nan)
    inputs = [points.x.astype(np.float64)]
    with np.errstate(invalid="ignore", over="ignore"):
        for kernel, bias, name in zip(kernels, biases, activations, strict=False):
            inputs.append(ACTIVATIONS[name][0](inputs[-1] @ kernel + bias))
        logits = inputs[-1] @ kernels[-1] + biases[-1]
        if logits.shape[1] == 1:
            to_sums = scipy.special.expit(logits) - points.y
        else:
            to_sums = scipy.special.softmax(logits, axis=1) - np.eye(logits.shape[1])[points.y[:, 0].astype(int)]
        norms = []
        for layer in reversed(range(len(kernels))):
            norms.append(np.linalg.norm(inputs[layer].T @ to_sums) / len(points))
            if layer:
                to_sums = to_sums @ kernels[layer].T * ACTIVATIONS[activations[layer - 1]][1](inputs[layer])
    return np.array(norms[::-1])


def kernel_norm(weights: Sequence[np.ndarray]) -> float:
    """Return the root of the sum of the squares of all kernels of a network, which come in turn with its biases."""
    return float(np.sqrt(sum(np.square(kernel, dtype=np.float64).sum() for kernel in weights[::2])))


def diverged(loss: np.ndarray, *, start: np.ndarray, constant: float) -> np.ndarray:
    """Return which runs diverged, shape (runs,).

    A run diverged if its training loss ends not finite, or above that of the constant answer after it
    has risen. One that has only ever fallen from where it began is slow, not divergent: a learning rate
    of 1e-6 leaves it near its start, which lies above the constant answer.

    Args:
        loss: training loss by epoch, shape (runs, epochs).
        start: training loss before the first epoch, shape (runs,).
        constant: training loss of the constant answer.
    """
    path = np.column_stack([start, loss]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        rose = (path[:, 1:] > path[:, :-1] * (1 + RISE)).any(axis=1)
    return ~np.isfinite(path[:, -1]) | ((path[:, -1] > constant) & rose)
