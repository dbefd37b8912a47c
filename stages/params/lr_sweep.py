"""The section `lr_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, LearningRate, Replicates


@dataclass(frozen=True, config=SECTION)
class LrSweep:
    """The learning rates to compare, each with `replicates` seeds."""

    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    replicates: Replicates
