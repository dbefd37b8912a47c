"""What a test needs and a machine may lack."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Ends a test that can't be run here: skipped for a user, who reads why; failed in CI, which must have all."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(f"NOT TESTED: {what}")


def of_other_processors(what: str) -> NoReturn:
    """Skips a test of what this processor does not do, in CI too: nobody can install it."""
    pytest.skip(f"NOT TESTED: {what}")
