"""Types that several sections share."""

from math import prod
from typing import Annotated, Any, Self

from annotated_types import Ge, Gt, Le, Len
from pydantic import AfterValidator, AllowInfNan, ConfigDict, Strict, model_validator
from pydantic.dataclasses import dataclass

SECTION = ConfigDict(extra="forbid")  # a key that nothing reads is a misspelt one
MOST_NETWORKS = 200_000  # of a sweep; hours of training on a few cores, and the most that was thought of


def _without_duplicates(values: list[Any]) -> list[Any]:
    duplicates = [value for i, value in enumerate(values) if value in values[:i]]
    if duplicates:
        raise ValueError(f"each value may stand once, but {duplicates[0]!r} stands twice; remove one")
    return values


def refuse_too_many(networks: int) -> None:
    """Raise ValueError where a sweep would train more networks than anybody can wait for."""
    if networks > MOST_NETWORKS:
        raise ValueError(
            f"all combinations are {networks:,} networks, but at most {MOST_NETWORKS:,} are allowed; "
            "shorten a list or take fewer replicates or restarts"
        )


Number = Annotated[float, Strict(), AllowInfNan(False)]
Count = Annotated[int, Strict(), Ge(1)]
Epochs = Annotated[Count, Le(10_000)]
Replicates = Annotated[Count, Le(1_000)]
Units = Annotated[Count, Le(1_024)]
Depth = Annotated[int, Strict(), Ge(0), Le(8)]
LearningRate = Annotated[Number, Gt(0), Le(1_000)]
Improvement = Annotated[Number, Ge(0), Le(1)]
DISTINCT = (Len(min_length=1, max_length=100), AfterValidator(_without_duplicates))


@dataclass(frozen=True, config=SECTION)
class Tuned:
    """A sweep over all combinations of its lists, in which each variant is tuned over `learning_rates`."""

    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    replicates: Replicates

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(
            prod(len(values) for values in vars(self).values() if isinstance(values, list)) * self.replicates
        )
        return self
