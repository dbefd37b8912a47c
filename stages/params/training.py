"""The section `training`: how the baseline and the sweeps are trained, and when a loss counts as settled."""

from typing import Annotated, Any, ClassVar

from annotated_types import Le
from pydantic import PlainValidator
from pydantic.dataclasses import dataclass

from stages.params.dataset import MOST_POINTS
from stages.params.fields import (
    BELOW_ONE,
    SECTION,
    Count,
    Epochs,
    Improvement,
    Named,
    arguments_of,
    name_of,
    with_arguments,
)

BatchSize = Annotated[Count, Le(MOST_POINTS)]

MOMENTS = ("beta_1", "beta_2", "epsilon", "weight_decay")
# Keras's optimizers that work element by element, with their arguments that are numbers or switches; Lamb does not,
# Ftrl and Muon are for other problems. What clips or averages over all weights would couple networks, or is no rule of
# one update.
OPTIMIZERS: dict[str, tuple[str, ...]] = {
    "adadelta": ("rho", "epsilon", "weight_decay"),
    "adagrad": ("initial_accumulator_value", "epsilon", "weight_decay"),
    "adam": (*MOMENTS, "amsgrad"),
    "adamax": MOMENTS,
    "adamw": (*MOMENTS, "amsgrad"),
    "lion": ("beta_1", "beta_2", "weight_decay"),
    "nadam": MOMENTS,
    "rmsprop": ("rho", "momentum", "epsilon", "centered", "weight_decay"),
    "sgd": ("momentum", "nesterov", "weight_decay"),
}
SWITCHES = {"amsgrad", "centered", "nesterov"}
SHARES = {"beta_1", "beta_2", "momentum", "rho"}
IDLE = {"amsgrad", "centered", "momentum", "nesterov"}  # which Keras takes for 0 or false where they are not given


def _optimizer(value: Any) -> Named:
    found = with_arguments(value, OPTIMIZERS)
    for name, given in arguments_of(found).items():
        if isinstance(given, bool) != (name in SWITCHES):
            raise ValueError(f"{name} must be {'true or false' if name in SWITCHES else 'a number'}")
        if name in SHARES and not 0 <= given <= BELOW_ONE:
            raise ValueError(f"{name} must be from 0 to {BELOW_ONE}")
        if given < 0 or (name == "epsilon" and not given):
            raise ValueError(f"{name} must be {'above' if name == 'epsilon' else 'at least'} 0")
    if arguments_of(found).get("nesterov") and not arguments_of(found).get("momentum"):
        raise ValueError("nesterov is a kind of momentum, and does nothing without it; give momentum too")
    kept = {name: given for name, given in arguments_of(found).items() if given or name not in IDLE}
    return {name_of(found): kept} if kept else name_of(found)


Optimizer = Annotated[Named, PlainValidator(_optimizer)]


@dataclass(frozen=True, config=SECTION)
class Training:
    """Epochs, batch size, optimizer, and the plateau rule (`min_delta`, `patience`)."""

    HINTS: ClassVar = {
        "momentum": "it is an argument of training.optimizer: {sgd: {momentum: 0.9}}",
        "nesterov": "it is an argument of training.optimizer: {sgd: {momentum: 0.9, nesterov: true}}",
        "learning_rate": "the learning rate is the key lr at the top",
        "lr": "the learning rate is the key lr at the top",
        "weight_decay": "weight_decay_sweep asks about it; training.optimizer takes it as an argument",
    }

    epochs: Epochs
    batch_size: BatchSize
    optimizer: Optimizer
    min_delta: Improvement
    patience: Epochs
