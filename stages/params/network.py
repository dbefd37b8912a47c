"""The section `network`: the shape of the baseline, from which each sweep changes one thing."""

from typing import Annotated, Literal

from annotated_types import Len
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Units

# Those of Keras's activations that work unit by unit and need no argument.
Activation = Literal[
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "tanh",
    "tanh_shrink",
]

KernelInitializer = Literal[
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


@dataclass(frozen=True, config=SECTION)
class Network:
    """A dense network with one sigmoid output; without hidden units it draws a straight line."""

    hidden_units: Annotated[list[Units], Len(max_length=8)]
    activation: Activation
    kernel_initializer: KernelInitializer
