"""Numbers in words."""

import pytest

from stages.lib.core.words import count


@pytest.mark.parametrize(("number", "said"), [(0, "0 epochs"), (1, "1 epoch"), (2, "2 epochs"), (3000, "3000 epochs")])
def test_one_is_no_plural(number: int, said: str) -> None:
    assert count(number, "epoch") == said


def test_a_number_is_written_as_asked() -> None:
    assert count(3000, "row", ",") == "3,000 rows"
