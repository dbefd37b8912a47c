"""The section `smallest_network`."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Strict
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Epochs, LearningRate, Replicates
from stages.params.network import Activation
from stages.params.training import BatchSize


@dataclass(frozen=True, config=SECTION)
class SmallestNetwork:
    """The networks to try, by their number of trainable parameters, and how each is trained."""

    activations: Annotated[list[Activation], *DISTINCT]
    most_parameters: Annotated[int, Strict(), Ge(5), Le(200)]
    restarts: Replicates
    epochs: Epochs
    batch_size: BatchSize
    learning_rate: LearningRate
