"""The section `network_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Depth, Epochs, LearningRate, Replicates, Units
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
