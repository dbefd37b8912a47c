"""The section `smallest_network`."""

from typing import Annotated, Self

from annotated_types import Ge, Le
from pydantic import Strict, model_validator
from pydantic.dataclasses import dataclass

from stages.lib.core.shapes import parameters_of
from stages.params.fields import DISTINCT, SECTION, Count, Epochs, LearningRate, refuse_too_many
from stages.params.network import Activation
from stages.params.training import BatchSize


@dataclass(frozen=True, config=SECTION)
class SmallestNetwork:
    """The networks to try, by their number of trainable parameters, and how each is trained."""

    activations: Annotated[list[Activation], *DISTINCT]
    most_parameters: Annotated[int, Strict(), Ge(5), Le(200)]
    restarts: Annotated[Count, Le(10_000)]
    most_restarts: Annotated[Count, Le(10_000)]
    epochs: Epochs
    batch_size: BatchSize
    learning_rate: LearningRate

    @property
    def replicates(self) -> int:
        """Return the most networks of a shape, each from a seed of its own."""
        return max(self.restarts, self.most_restarts)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Return the widths of every network of one or two hidden layers with at most `most_parameters`.

        They are counted as for two inputs and one output, so that all points meet the same shapes.
        """
        units = range(1, self.most_parameters)
        shapes = [shape for first in units for shape in ((first,), *((first, second) for second in units))]
        return [shape for shape in shapes if parameters_of(shape) <= self.most_parameters]

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(len(self.activations) * len(self.shapes) * self.restarts)
        return self
