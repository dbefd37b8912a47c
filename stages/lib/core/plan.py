"""What a stage is to train, as a file: recipes and seeds, and nothing else that its outcome follows from.

The stage `check` writes a plan for each training stage. A training stage depends on its plan, the points and the
engine alone, so that a change of params.yaml trains only those networks whose recipe it changes.
"""

import json
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from stages.lib.core.files import damaged, read_array, write_text
from stages.lib.core.shapes import activations_of, parameters_of, widths_of

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")  # in Keras's names and order
KEPT_WEIGHTS = ("start_weights", "weights")  # before the first epoch, and after the last
VARIANT_PLACES = 60  # along each side of the grid of a variant, which is drawn small
SHARD = 400  # networks that train as one at most: more are no faster each, fewer compile more often
EXACT = ConfigDict(extra="forbid")

Changed = dict[str, int | float | str]  # what was changed, by its name in Keras's spelling
Kind = TypeVar("Kind")


@dataclass(frozen=True, config=EXACT)
class Optimizer:
    """One of Keras's optimizers.

    Args:
        name: in lower case, such as `sgd`.
        arguments: all that differ from Keras's defaults, but the learning rate.
    """

    name: str
    arguments: dict[str, float | bool] = field(default_factory=dict)


@dataclass(frozen=True, config=EXACT)
class Initializer:
    """One of Keras's initializers.

    Args:
        name: in lower case, such as `he_normal`.
        arguments: all that differ from Keras's defaults, but the seed.
    """

    name: str
    arguments: dict[str, float | bool] = field(default_factory=dict)


@dataclass(frozen=True, config=EXACT)
class Recipe:
    """All that makes a network, but its seed and its points.

    Args:
        hidden_units: units of each hidden layer, first to last.
        activation: of the hidden units, in Keras's name; or one for each hidden layer.
        kernel_initializer: with its arguments.
        optimizer: with its arguments, but for the learning rate.
        learning_rate: of the optimizer.
        batch_size: points per update.
        epochs: passes over the training points.
        l2: penalty on the kernels: the loss that is minimised has this many times the sum of their squares added.
        inputs: columns of the points.
        classes: that are told apart: two by one sigmoid unit, more by a softmax.
    """

    hidden_units: tuple[int, ...]
    activation: str | tuple[str, ...]
    kernel_initializer: Initializer
    optimizer: Optimizer
    learning_rate: float
    batch_size: int
    epochs: int
    l2: float = 0.0
    inputs: int = 2
    classes: int = 2

    @property
    def activations(self) -> tuple[str, ...]:
        """Return the activation of each hidden layer."""
        return activations_of(self.activation, self.hidden_units)

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the number of inputs, of units of each hidden layer, and of outputs."""
        return widths_of(self.hidden_units, self.inputs, self.classes)

    @property
    def parameters(self) -> int:
        """Return the number of trainable parameters, kernels and biases."""
        return parameters_of(self.hidden_units, self.inputs, self.classes)

    def split(self, weights: np.ndarray) -> list[np.ndarray]:
        """Return kernels, each of shape (in, out), and biases, layer by layer, from all weights in one row."""
        shapes = [shape for widths in pairwise(self.widths) for shape in (widths, widths[1:])]
        ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
        parts = np.split(weights, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@dataclass(frozen=True, config=EXACT)
class Variant:
    """A recipe, and what sets it apart from the others of its plan.

    Args:
        changed: by its name.
        recipe: of the networks.
        points: the name of the points that are learned from and judged by, where they are not those of the study.
    """

    changed: Changed
    recipe: Recipe
    points: str = ""


@dataclass(frozen=True, config=EXACT)
class EarlyStopping:
    """Keras's rule: stop when `patience` epochs bring the validation loss down by less than `min_delta` (nats)."""

    min_delta: float
    patience: int


@dataclass(frozen=True, config=EXACT)
class Round:
    """When a variant gets more replicates: its first ones did neither well nor badly enough to tell.

    Args:
        replicates: that are trained before.
        least: of them get every training point right.
        most: of them do.
    """

    replicates: int
    least: int
    most: int


@dataclass(frozen=True, config=EXACT)
class Plan:
    """What a stage trains: each variant from each seed, or from the first ones where there are rounds.

    Args:
        variants: of networks.
        seeds: one for each replicate.
        kept: of how many replicates of a variant, from the first on, the weights at the start and the end are kept.
        curves: whether what is measured after each epoch is kept, or only the last of it.
        rounds: where not all variants get all seeds; after a round those that are told of in it get the replicates of
            the next one, and after the last round all.
        snapshots: epochs after which the weights of the first network are kept too; 0 is before the first.
        early_stopping: where Keras's callbacks watch a single network.
    """

    variants: list[Variant]
    seeds: list[int]
    kept: int = 1
    curves: bool = True
    rounds: list[Round] = field(default_factory=list)
    snapshots: list[int] = field(default_factory=list)
    early_stopping: EarlyStopping | None = None

    @property
    def epochs(self) -> int:
        """Return the most passes over the training points that a network gets."""
        return max(variant.recipe.epochs for variant in self.variants)

    @property
    def steps(self) -> int:
        """Return how many values of a curve are kept."""
        return self.epochs if self.curves else 1

    def wanted(self, trained: np.ndarray, faultless: np.ndarray) -> np.ndarray:
        """Return how many replicates each variant is to have, shape (variants,).

        Args:
            trained: how many each has, 0 before the first round.
            faultless: how many of them get every training point right.
        """
        sizes = [*(each.replicates for each in self.rounds), len(self.seeds)]
        wanted = np.maximum(trained, sizes[0])
        for each, following in zip(self.rounds, sizes[1:], strict=True):
            undecided = (trained == each.replicates) & (each.least <= faultless) & (faultless <= each.most)
            wanted[undecided] = following
        return wanted

    def weights_of(self, weights: np.ndarray, variant: int, replicate: int) -> np.ndarray:
        """Return the weights of a network, in one row, from those of all kept networks."""
        size = self.variants[variant].recipe.parameters
        first = self._firsts[variant] + replicate * size
        return weights[first : first + size]

    @cached_property
    def _firsts(self) -> list[int]:
        """Where the weights of each variant begin in the row, and where the row ends."""
        return [0, *accumulate(self.kept * variant.recipe.parameters for variant in self.variants)]

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array that `train_plan` writes, by its name."""
        if name in KEPT_WEIGHTS:
            return (self._firsts[-1],)
        if name == "snapshots":
            return (len(self.snapshots), self.variants[0].recipe.parameters)
        runs = (len(self.variants), len(self.seeds))
        return (*runs, self.steps) if name in METRICS else runs

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        sizes = [*(each.replicates for each in self.rounds), len(self.seeds)]
        if self.rounds and not (self.kept <= sizes[0] and all(one < other for one, other in pairwise(sizes))):
            raise ValueError("each of `rounds` must have more replicates than the one before, the first one `kept`")
        if (self.snapshots or self.early_stopping) and (len(self.variants), len(self.seeds)) != (1, 1):
            raise ValueError("only a plan of one network has `snapshots` or `early_stopping`")
        return self


@dataclass(frozen=True, config=EXACT)
class Kept:
    """A network that a stage keeps.

    Args:
        recipe: of the network.
        units: whether each of its hidden units is drawn.
        summary: whether Keras's summary of it is written.
        name: what it is called among others.
        val_loss: its validation loss after the last epoch, in nats; None where it is not finite.
    """

    recipe: Recipe
    units: bool = False
    summary: bool = False
    name: str = ""
    val_loss: float | None = None


def faultless(accuracy: np.ndarray) -> np.ndarray:
    """Return which shares are of points that are all right, of shares of at most 200,000 points as float32.

    XLA multiplies by the reciprocal of the number of points: of 121 that are all right the share is 0.99999994.
    """
    return accuracy > 1 - 1e-6


def replicate_seeds(seed: int, replicates: int) -> list[int]:
    """Return the seed of each replicate; every variant uses the same ones, and the baseline the first."""
    return [int(np.random.SeedSequence((seed, k)).generate_state(1)[0]) for k in range(replicates)]


def point_seeds(seed: int, draws: int) -> list[int]:
    """Return the seed of each draw of the points: the first is the seed itself, whose points are on disk as CSV."""
    return [seed, *(int(np.random.SeedSequence((seed, k)).generate_state(2)[1]) for k in range(1, draws))]


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON in which every number is exact, a line for each variant."""
    write_text("\n".join(_lines(plan)), path)


def read_plan(path: Path) -> Plan:
    """Return a plan; raise Fault where the file does not hold one."""
    return _read(TypeAdapter(Plan), path)


def write_kept(kept: Kept, path: Path) -> None:
    """Write what is kept of a network, but its weights, as JSON in which every number is exact."""
    write_text(TypeAdapter(Kept).dump_json(kept).decode(), path)


def read_kept(path: Path) -> Kept:
    """Return what is kept of a network; raise Fault where the file does not hold it."""
    return _read(TypeAdapter(Kept), path)


def read_weights(path: Path, recipe: Recipe) -> list[np.ndarray]:
    """Return the kernels and biases of a network, layer by layer; raise Fault where the file does not hold them."""
    weights = read_array(path)
    if weights.shape != (recipe.parameters,):
        raise damaged(path, f"its shape is {weights.shape}, but must be {(recipe.parameters,)}")
    return recipe.split(weights)


def _read(kind: TypeAdapter[Kind], path: Path) -> Kind:
    try:
        return kind.validate_json(path.read_bytes())
    except ValidationError as error:
        raise damaged(path, f"not what its stage has written ({error.errors()[0]['msg']})") from error


def _lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan: of thousands of variants each can be found and compared by eye."""
    whole = TypeAdapter(Plan).dump_python(plan, mode="json")
    rest = {name: value for name, value in whole.items() if name != "variants"}
    yield '{"variants": ['
    for number, variant in enumerate(whole["variants"], 1):
        yield json.dumps(variant) + "," * (number < len(whole["variants"]))
    yield f"], {json.dumps(rest)[1:]}"
