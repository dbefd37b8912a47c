"""Types that several sections share."""

from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Len
from pydantic import AfterValidator, AllowInfNan, BeforeValidator, ConfigDict, Strict

SECTION = ConfigDict(extra="forbid")  # a key that nothing reads is a misspelt one


def _number_from_text(value: Any) -> Any:
    """Returns a float for text such as 1e-06: PyYAML takes a number without a point before the e for text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _without_duplicates(values: list[Any]) -> list[Any]:
    duplicates = [value for i, value in enumerate(values) if value in values[:i]]
    if duplicates:
        raise ValueError(f"each value may stand once, but {duplicates[0]!r} stands twice; remove one")
    return values


Number = Annotated[float, BeforeValidator(_number_from_text), Strict(), AllowInfNan(False)]
Count = Annotated[int, Strict(), Ge(1)]
Epochs = Annotated[Count, Le(10_000)]
Replicates = Annotated[Count, Le(1_000)]
Units = Annotated[Count, Le(1_024)]
Depth = Annotated[int, Strict(), Ge(0), Le(8)]
LearningRate = Annotated[Number, Gt(0), Le(1_000)]
Improvement = Annotated[Number, Ge(0), Le(1)]
DISTINCT = (Len(min_length=1, max_length=100), AfterValidator(_without_duplicates))
