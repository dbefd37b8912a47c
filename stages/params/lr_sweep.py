"""The section `lr_sweep`."""

from typing import Annotated

from annotated_types import Le
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Count, LearningRate, Replicates


@dataclass(frozen=True, config=SECTION)
class LrSweep:
    """The learning rates to compare, each with `replicates` seeds."""

    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    budget: Annotated[Count, Le(10)]
    replicates: Replicates
