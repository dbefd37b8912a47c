"""The section `weight_decay_sweep`."""

from typing import Annotated, Self

from annotated_types import Ge, Le
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, LearningRate, Number, Replicates, refuse_too_many


@dataclass(frozen=True, config=SECTION)
class WeightDecaySweep:
    """L2 penalties on the kernels to compare, each tuned over `learning_rates`."""

    l2: Annotated[list[Annotated[Number, Ge(0), Le(1)]], *DISTINCT]
    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(len(self.l2) * len(self.learning_rates) * self.replicates)
        return self
