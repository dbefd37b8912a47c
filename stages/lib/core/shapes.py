"""The shape of a dense network, as arithmetic. It imports nothing, so that `stages/params/` can use it."""

from collections.abc import Sequence
from itertools import pairwise

WIDTH_MULTIPLE = 4  # narrower networks cost little less, and would each need a program of their own


def outputs_of(classes: int) -> int:
    """Return the number of output units: one sigmoid for two classes, a softmax over all for more."""
    return 1 if classes == 2 else classes


def activations_of(activation: str | Sequence[str], hidden_units: Sequence[int]) -> tuple[str, ...]:
    """Return the activation of each hidden layer, of one for all, or of one for each."""
    return (activation,) * len(hidden_units) if isinstance(activation, str) else tuple(activation)


def widths_of(hidden_units: Sequence[int], inputs: int = 2, classes: int = 2) -> tuple[int, ...]:
    """Return the number of inputs, of units of each hidden layer, and of outputs."""
    return (inputs, *hidden_units, outputs_of(classes))


def parameters_of(hidden_units: Sequence[int], inputs: int = 2, classes: int = 2) -> int:
    """Return the number of trainable parameters, kernels and biases, of a network with these hidden layers."""
    return sum((before + 1) * units for before, units in pairwise(widths_of(hidden_units, inputs, classes)))


def padded(hidden_units: Sequence[int]) -> tuple[int, ...]:
    """Return the hidden widths, each rounded up to a multiple of 4: networks of the same train as one."""
    return tuple(-(-units // WIDTH_MULTIPLE) * WIDTH_MULTIPLE for units in hidden_units)
