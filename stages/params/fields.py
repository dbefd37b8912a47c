"""Types that several sections share."""

import re
from collections.abc import Collection, Mapping
from ctypes import c_float
from math import prod
from typing import Annotated, Any, Self

from annotated_types import Ge, Gt, Le, Len
from pydantic import AfterValidator, AllowInfNan, ConfigDict, Strict, model_validator
from pydantic.dataclasses import dataclass

from stages.lib.core.near import nearest

SECTION = ConfigDict(extra="forbid")  # a key that nothing reads is a misspelt one
Named = str | dict[str, dict[str, float | bool]]  # a name of Keras's, or one with its arguments
HUGE = 1e30  # beyond it no argument of an optimizer or an initializer makes sense
LEAST = 2.0**-126  # float32's least normal number
LOST = f"must be 0 or at least {LEAST:.6g}, the least that float32 holds"
BELOW_ONE = 0.999999  # the greatest number below 1 that six digits tell from 1
MOST_ROWS = 5_000  # of a plotted table; 80,000 rows made a page of 118 MB
MOST_NETWORKS = 200_000  # of a sweep; hours of training on a few cores, and the most that was thought of


def distinct(values: list[Any]) -> list[Any]:
    """Return values of which none stands twice; raise ValueError where one does, or two train or print alike."""
    for place, value in enumerate(values):
        for other in values[:place]:
            if value == other:
                raise ValueError(f"each value may stand once, but {value!r} stands twice; remove one")
            if alike(value, other):
                raise ValueError(
                    f"each value may stand once, but {other!r} and {value!r} are the same in float32 or in six digits; "
                    "remove one"
                )
    return values


def alike(one: Any, other: Any) -> bool:
    """Return whether two values are the same to what trains, in float32, or to who reads, in six digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if {type(one), type(other)} in ({float}, {int, float}):
        return c_float(one).value == c_float(other).value or f"{one:.6g}" == f"{other:.6g}"
    return bool(one == other)


def is_lost(number: float) -> bool:
    """Return whether a number that is not 0 would train as 0."""
    return 0 < abs(number) < LEAST


def _not_lost(number: float) -> float:
    if is_lost(number):
        raise ValueError(LOST)
    return number


def refuse_too_many(networks: int) -> None:
    """Raise ValueError where a sweep would train more networks than anybody can wait for."""
    if networks > MOST_NETWORKS:
        raise ValueError(
            f"all combinations are {networks:,} networks, but at most {MOST_NETWORKS:,} are allowed; "
            "shorten a list or take fewer replicates or restarts"
        )


def one_of(value: Any, names: Collection[str]) -> str:
    """Return a name that is one of some; raise ValueError with the nearest where it is none.

    Of names with dots the last parts are compared: what the keys of a section share is not alike.
    """
    if isinstance(value, str) and value in names:
        return value
    lasts = {name.rpartition(".")[2]: name for name in names}
    near = nearest(str(value).partition("(")[0].rpartition(".")[2].lower(), lasts)
    hint = f"; did you mean {lasts[near]!r}?" if near else ""
    raise ValueError(f"must be one of {', '.join(sorted(names))}{hint}")


def with_arguments(value: Any, allowed: Mapping[str, Collection[str]]) -> Named:
    """Return one of Keras's names, or such a name with its arguments, as it stands in params.yaml.

    Args:
        value: what stands there, such as `adam`, or `{sgd: {momentum: 0.9}}`.
        allowed: the names, with the arguments of each.

    Raise ValueError where it is neither.
    """
    if isinstance(value, str) and (call := re.fullmatch(r"(?:\w+\.)*(\w+)\((.*)\)", value)):
        raise ValueError(f"must be a name, or a name with its arguments{_as_written(call[1], call[2], allowed)}")
    if not isinstance(value, dict):
        return one_of(value, allowed)
    if len(value) != 1:
        raise ValueError("must be a name, or one name with its arguments, such as {name: {argument: 0.5}}")
    (named, arguments), *_ = value.items()
    name = one_of(named, allowed)
    if not isinstance(arguments, dict) or not arguments:
        raise ValueError(f"must hold the arguments of {name}, such as {{{name}: {{argument: 0.5}}}}; or write {name}")
    for argument, given in arguments.items():
        if argument not in allowed[name]:
            known = f"; it takes {', '.join(sorted(allowed[name]))}" if allowed[name] else "; it takes none"
            raise ValueError(f"{argument} is no argument of {name} that can be given here{known}")
        if not isinstance(given, bool | float | int) or not -HUGE < given < HUGE:
            raise ValueError(f"{name}.{argument} must be a number, or true or false")
        if is_lost(given):
            raise ValueError(f"{name}.{argument} {LOST}")
    return {name: arguments}


def _as_written(kind: str, arguments: str, allowed: Mapping[str, Collection[str]]) -> str:
    """Return how a call in Python, such as RandomNormal(stddev=0.5), is written in params.yaml, if it can be."""
    names = {name.replace("_", ""): name for name in allowed}
    name = names.get(kind.replace("_", "").lower())
    given = re.findall(r"(\w+)\s*=\s*([^,]+)", arguments)
    if name is None:
        return ""
    if "learning_rate" in dict(given):
        return "; the learning rate stands elsewhere: lr, or learning_rates"
    if not all(argument in allowed[name] for argument, _ in given) or (arguments.strip() and not given):
        known = f"{{argument: …}}}}, with {', '.join(allowed[name])}" if allowed[name] else ""
        return f"; write {{{name}: {known}" if known else f"; write {name}"
    listed = ", ".join(f"{argument}: {number.strip().lower()}" for argument, number in given)
    return f"; write {{{name}: {{{listed}}}}}" if listed else f"; write {name}"


def name_of(value: Named) -> str:
    """Return the name of what may have arguments."""
    return value if isinstance(value, str) else next(iter(value))


def arguments_of(value: Named) -> dict[str, float | bool]:
    """Return the arguments of what may have some."""
    return {} if isinstance(value, str) else next(iter(value.values()))


def label_of(value: Named) -> str:
    """Return a name and its arguments in one line, such as `random_normal stddev=0.5`."""
    return " ".join([name_of(value), *(f"{name}={given}".lower() for name, given in arguments_of(value).items())])


Number = Annotated[float, Strict(), AllowInfNan(False)]
Single = Annotated[Number, AfterValidator(_not_lost)]  # what trains is float32
Share = Annotated[Single, Ge(0), Le(BELOW_ONE)]
Count = Annotated[int, Strict(), Ge(1)]
Epochs = Annotated[Count, Le(10_000)]
Replicates = Annotated[Count, Le(1_000)]
Units = Annotated[Count, Le(1_024)]
Depth = Annotated[int, Strict(), Ge(0), Le(8)]
LearningRate = Annotated[Single, Gt(0), Le(1_000)]
Improvement = Annotated[Number, Ge(0), Le(1)]
DISTINCT = (Len(min_length=1, max_length=100), AfterValidator(distinct))


@dataclass(frozen=True, config=SECTION)
class Tuned:
    """A sweep over all combinations of its lists, in which each variant is tuned over `learning_rates`."""

    learning_rates: Annotated[list[LearningRate], *DISTINCT]
    replicates: Replicates

    @property
    def variants(self) -> int:
        """Return the number of combinations."""
        return prod(len(values) for values in vars(self).values() if isinstance(values, list))

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        refuse_too_many(self.variants * self.replicates)
        return self
