"""The section `momentum_sweep`."""

from typing import Annotated

from annotated_types import Ge, Lt
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Number, Tuned


@dataclass(frozen=True, config=SECTION)
class MomentumSweep(Tuned):
    """Momenta of SGD to compare, each tuned over `learning_rates`."""

    momentum: Annotated[list[Annotated[Number, Ge(0), Lt(1)]], *DISTINCT]
