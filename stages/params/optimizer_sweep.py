"""The section `optimizer_sweep`."""

from typing import Annotated, Literal, Self

from annotated_types import Len
from pydantic import AfterValidator, model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, LearningRate, Replicates, refuse_too_many

# Keras's optimizers that work element by element; Lamb does not, Ftrl and Muon are for other problems.
OptimizerName = Literal[
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "lion",
    "momentum_0.5",
    "momentum_0.9",
    "momentum_0.99",
    "nadam",
    "nesterov_0.9",
    "rmsprop",
    "sgd",
]

Grids = dict[OptimizerName, Annotated[list[LearningRate], *DISTINCT]]


def _of_one_length(grids: Grids) -> Grids:
    lengths = {name: len(grid) for name, grid in grids.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"each optimizer must have as many rates as any other, or it is tuned more; now {lengths}")
    return grids


@dataclass(frozen=True, config=SECTION)
class OptimizerSweep:
    """The optimizers to compare, each with a grid of learning rates of its own, all of one length."""

    learning_rates: Annotated[Grids, Len(min_length=1), AfterValidator(_of_one_length)]
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(sum(map(len, self.learning_rates.values())) * self.replicates)
        return self
