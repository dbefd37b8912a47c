"""The section `batch_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Epochs, Tuned
from stages.params.training import BatchSize


@dataclass(frozen=True, config=SECTION)
class BatchSweep(Tuned):
    """Batch sizes to compare, each tuned over `learning_rates`, and the epochs that each gets."""

    batch_sizes: Annotated[list[BatchSize], *DISTINCT]
    epochs: Epochs
