"""The section `batch_sweep`."""

from typing import Annotated, Self

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Epochs, LearningRate, Replicates, refuse_too_many
from stages.params.training import BatchSize


@dataclass(frozen=True, config=SECTION)
class BatchSweep:
    """Batch sizes to compare, each tuned over `learning_rates`, and the epochs that each gets."""

    batch_sizes: Annotated[list[BatchSize], *DISTINCT]
    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    epochs: Epochs
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(len(self.batch_sizes) * len(self.learning_rates) * self.replicates)
        return self
