"""The name that somebody most likely meant."""

from stages.lib.core.near import nearest


def test_a_slip_of_the_keys_is_near_and_another_word_is_not() -> None:
    assert nearest("learning_rat", ["rates", "learning_rates", "learning_rate"]) == "learning_rate"
    assert nearest("widths", ["depths", "epochs"]) is None  # a third of its letters is other
