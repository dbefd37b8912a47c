"""The section `weight_decay_sweep`."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Single, Tuned


@dataclass(frozen=True, config=SECTION)
class WeightDecaySweep(Tuned):
    """L2 penalties on the kernels to compare, each tuned over `learning_rates`."""

    l2: Annotated[list[Annotated[Single, Ge(0), Le(1)]], *DISTINCT]
