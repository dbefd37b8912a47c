"""The section `network_sweep`."""

from typing import Annotated, Self

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Depth, Epochs, LearningRate, Replicates, Units, refuse_too_many
from stages.params.network import Activation


@dataclass(frozen=True, config=SECTION)
class NetworkSweep:
    """Depths, widths and activations to combine; each combination is tuned over `learning_rates` for `epochs`."""

    activations: Annotated[list[Activation], *DISTINCT]
    depths: Annotated[list[Depth], *DISTINCT]
    widths: Annotated[list[Units], *DISTINCT]
    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    epochs: Epochs
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        shapes = len(self.activations) * len(self.depths) * len(self.widths)
        refuse_too_many(shapes * len(self.learning_rates) * self.replicates)
        return self
