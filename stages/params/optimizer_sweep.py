"""The section `optimizer_sweep`."""

from typing import Annotated, Self

from annotated_types import Len
from pydantic import Strict, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from stages.params.fields import DISTINCT, MOST_ROWS, SECTION, LearningRate, Replicates, distinct, refuse_too_many
from stages.params.training import Optimizer

MOST_OPTIMIZERS = 100


@dataclass(frozen=True, config=SECTION)
class Entry:
    """An optimizer under a name of its own, with its arguments, and the learning rates that it is tuned over."""

    name: Annotated[str, Strict(), StringConstraints(max_length=40, pattern=r"^[\w.+-]+( [\w.+-]+)*$")]
    optimizer: Optimizer
    learning_rates: Annotated[list[LearningRate], *DISTINCT]


@dataclass(frozen=True, config=SECTION)
class OptimizerSweep:
    """The optimizers to compare, each with a grid of learning rates of its own, all of one length."""

    optimizers: Annotated[list[Entry], Len(min_length=1, max_length=MOST_OPTIMIZERS)]
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        names = [entry.name for entry in self.optimizers]
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise ValueError(f"each optimizer must have a name of its own, but two are called {twice[0]!r}; rename one")
        distinct([[entry.optimizer, entry.learning_rates] for entry in self.optimizers])
        lengths = {entry.name: len(entry.learning_rates) for entry in self.optimizers}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"each optimizer must have as many rates as any other, or it is tuned more; now {lengths}")
        if (rows := sum(lengths.values())) > MOST_ROWS:
            raise ValueError(f"has {rows:,} rates in all, each a row of a table, but at most {MOST_ROWS:,} may be")
        refuse_too_many(sum(lengths.values()) * self.replicates)
        return self
