"""The section `initializer_sweep`."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, SECTION, Replicates
from stages.params.network import KernelInitializer


@dataclass(frozen=True, config=SECTION)
class InitializerSweep:
    """The kernel initializers to compare, each with `replicates` seeds."""

    kernel_initializers: Annotated[list[KernelInitializer], *DISTINCT]
    replicates: Replicates
