"""The section `momentum_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Share, Tuned


@dataclass(frozen=True, config=SECTION)
class MomentumSweep(Tuned):
    """Momenta of SGD to compare, each tuned over `learning_rates`."""

    momentum: Annotated[list[Share], *DISTINCT]
