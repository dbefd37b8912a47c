"""The section `network`: the shape of the baseline, from which each sweep changes one thing."""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from annotated_types import Len
from pydantic import PlainValidator, model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Named, Units, arguments_of, one_of, with_arguments

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


def _activations(value: Any) -> str | list[str]:
    names = get_args(Activation)
    return [one_of(name, names) for name in value] if isinstance(value, list) else one_of(value, names)


# Keras's initializers that fit any kernel, with their arguments that are numbers.
INITIALIZERS: dict[str, tuple[str, ...]] = {
    "glorot_normal": (),
    "glorot_uniform": (),
    "he_normal": (),
    "he_uniform": (),
    "lecun_normal": (),
    "lecun_uniform": (),
    "ones": (),
    "orthogonal": ("gain",),
    "random_normal": ("mean", "stddev"),
    "random_uniform": ("minval", "maxval"),
    "truncated_normal": ("mean", "stddev"),
    "variance_scaling": ("scale",),
    "zeros": (),
}


def _initializer(value: Any) -> Named:
    found = with_arguments(value, INITIALIZERS)
    given = arguments_of(found)
    for argument, number in given.items():
        if isinstance(number, bool):
            raise ValueError(f"{argument} must be a number")
    for argument in ("stddev", "scale"):
        if given.get(argument, 1) <= 0:
            raise ValueError(f"{argument} must be above 0")
    if given.get("minval", -0.05) >= given.get("maxval", 0.05):  # Keras's defaults
        raise ValueError("minval must be below maxval; Keras's are -0.05 and 0.05 where they are not given")
    return found


KernelInitializer = Annotated[Named, PlainValidator(_initializer)]


@dataclass(frozen=True, config=SECTION)
class Network:
    """A dense network; without hidden units it draws a straight line."""

    HINTS: ClassVar = {
        "dropout": "no network here has dropout; weight_decay_sweep asks about weight decay",
        "units": "network.hidden_units has the units of each layer",
        "layers": "network.hidden_units has the units of each layer",
        "initializer": "did you mean network.kernel_initializer?",
    }

    hidden_units: Annotated[list[Units], Len(max_length=8)]
    activation: Annotated[str | list[str], PlainValidator(_activations)]
    kernel_initializer: KernelInitializer

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.activation, list) and len(self.activation) != len(self.hidden_units):
            raise ValueError(
                f"has {len(self.hidden_units)} hidden layers, but names {len(self.activation)} activations; name one, "
                "or one for each layer"
            )
        return self
