"""Numbers in words, as the texts of all pages have them."""


def count(number: int, noun: str, form: str = "") -> str:
    """Return how many there are of something, such as `1 epoch` or `2 epochs`; `form` is Python's for the number."""
    return f"{number:{form}} {noun}{'s' * (number != 1)}"
