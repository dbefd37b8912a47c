"""The section `prediction_grid`: where in the plane the trained networks are asked for their answer."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import PlainValidator
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Count


def _limit(value: Any) -> float | Literal["auto"]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value != "auto" and not (is_number and 0.5 <= value <= 100):
        raise ValueError("must be auto, or a number from 0.5 to 100")
    return value


@dataclass(frozen=True, config=SECTION)
class PredictionGrid:
    """A grid of `points` x `points` places, from -`limit` to `limit` on both axes, or as far as the points reach."""

    limit: Annotated[float | Literal["auto"], PlainValidator(_limit)]
    points: Annotated[Count, Ge(2), Le(1_000)]
