"""The shape of a dense network, as arithmetic. It imports nothing, so that `stages/params/` can use it."""

from collections.abc import Sequence
from itertools import pairwise

INPUTS = 2  # x1 and x2


def widths_of(hidden_units: Sequence[int]) -> tuple[int, ...]:
    """Return the number of inputs, of units of each hidden layer, and of outputs."""
    return (INPUTS, *hidden_units, 1)


def parameters_of(hidden_units: Sequence[int]) -> int:
    """Return the number of trainable parameters, kernels and biases, of a network with these hidden layers."""
    return sum((inputs + 1) * units for inputs, units in pairwise(widths_of(hidden_units)))
