"""Bounds on YAML before it is built."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.lib.core.bounds import DEEPEST, MOST_CHARACTERS, MOST_VALUES, refuse_bomb

BILLION = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}' if before else '1'] * 10)}]\n"
    for before, name in zip(["", *"abcdefghi"], "abcdefghij", strict=True)
)


def values(node: object) -> int:
    """How many names and values there are, by another way: of what was built, without aliases in what they name."""
    if isinstance(node, dict):
        return 1 + sum(1 + values(value) for value in node.values())
    return 1 + sum(map(values, node)) if isinstance(node, list) else 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BILLION, "line 5 is too much: up to it the file has more than 100,000 values, with aliases"),
        ("lr: &a [1, *a]", r"line 1 is no value: the alias \*a stands in what it names"),
        ("a: &a\n  b: {c: *a}", r"line 2 is no value: the alias \*a stands in what it names"),
        ("[" * 30_000, "line 1 is too deep: at most 20 lists and mappings may lie in each other"),
        ("#" * (MOST_CHARACTERS + 1), "the file is too large: it has 1,000,001 characters, but at most 1,000,000"),
        (f"[{'1, ' * MOST_VALUES}]", "line 1 is too much"),
    ],
    ids=["aliases", "itself", "itself, deeper", "brackets", "size", "values"],
)
def test_what_is_beyond_all_params_is_refused_before_it_is_built(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        refuse_bomb(text)


@pytest.mark.parametrize(
    "text",
    ["", "a: &a [1, 2]\nb: *a\nc: *a\n", "[" * DEEPEST + "]" * DEEPEST, f"[{'1, ' * (MOST_VALUES - 1)}]"],
    ids=["nothing", "an alias", "deep", "long"],
)
def test_what_is_at_a_bound_is_taken(text: str) -> None:
    refuse_bomb(text)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    node=st.recursive(
        st.integers(0, 9), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab"), inner, max_size=3)
    ),
    most=st.integers(1, 20),
)
def test_values_are_counted_as_those_that_are_built(node: object, most: int) -> None:
    text = yaml.safe_dump({"a": node, "b": node})  # PyYAML writes the second as an alias
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.lib.core.bounds.MOST_VALUES", most)
        if values(yaml.safe_load(text)) <= most:
            refuse_bomb(text)
        else:
            with pytest.raises(ValueError, match="is too much"):
                refuse_bomb(text)
