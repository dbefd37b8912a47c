"""The section `training`: how the baseline and the sweeps are trained, and when a loss counts as settled."""

from typing import Annotated

from annotated_types import Le
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Count, Epochs, Improvement

TRAINING_POINTS = 1_209  # as stages/dataset.py makes them
BatchSize = Annotated[Count, Le(TRAINING_POINTS)]


@dataclass(frozen=True, config=SECTION)
class Training:
    """Epochs, batch size and the plateau rule (`min_delta`, `patience`) of plain SGD."""

    epochs: Epochs
    batch_size: BatchSize
    min_delta: Improvement
    patience: Epochs
