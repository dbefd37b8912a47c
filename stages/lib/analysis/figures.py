"""The types of `metrics/<stage>.json`: they check what is written, give it back when it is read, and document it.

Figures that are special to a stage have their types on its page. `null` is a figure of a run that diverged.
"""

from pathlib import Path
from typing import Annotated, Any, Self

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, ValidationError

from stages.lib.core.files import damaged, plain, read_json, write_json

Count = Annotated[int, Ge(0)]
Figure = Annotated[float, Ge(0)] | None
Share = Annotated[float, Ge(0), Le(1)] | None
Value = int | float | str  # of what was changed, such as a learning rate or the name of an initializer


class Figures(BaseModel):
    """Figures of a stage, with six significant digits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Return figures as a file holds them: rounded, and None for what is not finite."""
        return cls.model_validate(plain(values))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the figures of a file; raise Fault where it does not hold them."""
        try:
            return cls.model_validate(read_json(path))
        except ValidationError as error:
            fault = error.errors()[0]
            raise damaged(path, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error

    def write(self, path: Path) -> None:
        """Write the figures as JSON; what was not measured is left out."""
        write_json(self.model_dump(exclude_unset=True), path)


class OverSeeds(Figures):
    """Mean, standard deviation of the sample, least and greatest over `n` runs; of one run `std` is null."""

    mean: Figure
    std: Figure
    min: Figure
    max: Figure
    n: Count


class Judged(Figures):
    """A network on a set of points: binary cross-entropy in nats, and the share of points that are right."""

    loss: Figure
    accuracy: Share


class VariantFigures(BaseModel):
    """A variant: what was changed, by its name in Keras's spelling, beside its figures."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Value]

    @property
    def changed(self) -> dict[str, Value]:
        """Return what was changed, by its name."""
        return self.__pydantic_extra__


class Best(VariantFigures):
    """The best variant after the last epoch, by its validation loss.

    Chosen by it, that loss is a little too good; the test points chose nothing. `at_end_of_grid` names what has the
    least or the greatest value that was tried, so that a better one may lie beyond; it is missing where nothing that
    was varied is a number.
    """

    at_end_of_grid: list[str] = []
    diverged: Count
    val_loss: OverSeeds
    val_accuracy: OverSeeds
    test_loss: OverSeeds
    test_accuracy: OverSeeds


class SweepFigures(Figures):
    """A sweep: its best variant, and those that are not significantly worse at 5 %, by what was changed."""

    best: Best
    same_as_best: list[Value | dict[str, Value]]
    variants: Count
    runs: Count
    diverged: Count
    epochs: Count
