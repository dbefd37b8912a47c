"""The section `prediction_grid`: where in the plane the trained networks are asked for their answer."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Count, Number


@dataclass(frozen=True, config=SECTION)
class PredictionGrid:
    """A grid of `points` x `points` places, from -`limit` to `limit` on both axes, or as far as the points reach."""

    limit: Literal["auto"] | Annotated[Number, Ge(0.5), Le(100)]
    points: Annotated[Count, Ge(2), Le(1_000)]
