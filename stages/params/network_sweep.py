"""The section `network_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Depth, Epochs, Tuned, Units
from stages.params.network import Activation


@dataclass(frozen=True, config=SECTION)
class NetworkSweep(Tuned):
    """Depths, widths and activations to combine; each combination is tuned over `learning_rates` for `epochs`."""

    activations: Annotated[list[Activation], *DISTINCT]
    depths: Annotated[list[Depth], *DISTINCT]
    widths: Annotated[list[Units], *DISTINCT]
    epochs: Epochs

    @property
    def variants(self) -> int:
        """Return the number of combinations, of which there is but one, at each rate, without hidden layers."""
        deep = len(self.activations) * sum(depth > 0 for depth in self.depths) * len(self.widths)
        return (deep + (0 in self.depths)) * len(self.learning_rates)
