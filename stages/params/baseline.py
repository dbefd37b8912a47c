"""The section `baseline`."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Count


@dataclass(frozen=True, config=SECTION)
class Baseline:
    """How often the baseline's decision boundary is kept while it learns."""

    snapshots: Annotated[Count, Ge(2), Le(100)]
