"""The top-level key `seed`."""

from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Strict

Seed = Annotated[int, Strict(), Ge(0), Le(2**32 - 1)]  # what numpy.random.RandomState takes
