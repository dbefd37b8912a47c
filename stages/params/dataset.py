"""The section `dataset`: what the networks learn from."""

from typing import Annotated, Any, Literal, Self, get_args

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, PlainValidator, Strict, model_validator
from pydantic.dataclasses import dataclass

from stages.lib.core.near import nearest
from stages.params.fields import SECTION, Count, Number

Drawn = Literal["circles", "gaussians", "moons", "ring_and_y", "spirals", "xor"]
MOST_POINTS = 200_000  # of a set; more were not tried


def _is_known(source: str) -> str:
    names = get_args(Drawn)
    if source in names or _is_csv(source):
        return source
    near = nearest(source, names)
    hint = f"; did you mean {near!r}?" if near else ""
    raise ValueError(
        f"must be one of {', '.join(names)}, or the name of a CSV in data/own/ without its folder, such as "
        f"iris.csv{hint}"
    )


def _is_part(value: Any) -> float | str:
    share = isinstance(value, float) and 0 < value < 1
    if not share and not (isinstance(value, str) and _is_csv(value)):
        raise ValueError("must be a share above 0 and below 1, or the name of a CSV in data/own/ without its folder")
    return value


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv") and not name.startswith(".") and "/" not in name and name.isprintable()


Text = Annotated[str, Strict()]
Part = Annotated[float | str, PlainValidator(_is_part)]


@dataclass(frozen=True, config=SECTION)
class Dataset:
    """Where the points come from, and how a table is split and scaled."""

    source: Annotated[Text, AfterValidator(_is_known)]
    points: Annotated[Count, Ge(20), Le(MOST_POINTS)]
    noise: Annotated[Number, Ge(0), Le(10)]
    fraction: Annotated[Number, Gt(0), Le(1)]
    label: Text | None
    validation: Part
    test: Part
    standardise: Annotated[bool, Strict()]

    @model_validator(mode="after")
    def _can_be_split(self) -> Self:
        if isinstance(self.validation, float) and isinstance(self.test, float) and self.validation + self.test >= 1:
            raise ValueError(
                f"validation and test are {self.validation} and {self.test}, which leaves nothing to learn from; their "
                "sum must be below 1"
            )
        tables = self.tables
        if len(set(tables)) < len(tables):
            raise ValueError("source, validation and test must be tables of their own; one is named twice")
        if not tables and (isinstance(self.validation, str) or isinstance(self.test, str)):
            raise ValueError(f"validation and test can be tables only where the source is one, and it is {self.source}")
        return self

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names of the user's tables that are read."""
        named = (self.source, self.validation, self.test) if _is_csv(self.source) else ()
        return tuple(name for name in named if isinstance(name, str))
