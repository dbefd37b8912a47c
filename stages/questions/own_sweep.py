"""What do you want to know?

The baseline, with other values of one key of params.yaml, whichever is asked for. By default it is the share of the
training points that is learned from. Where learning rates are given, each value is tuned over them, and judged at its
best one.

Held fixed: all else, the number of epochs with it. From fewer points a network so gets fewer updates too. Where it
is the epochs that are asked for, each network is judged after its own.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from stages.lib.analysis import answers
from stages.lib.analysis.answers import code
from stages.lib.analysis.figures import SweepFigures
from stages.lib.analysis.page import Findings, Params, SweepPage, baseline, sections
from stages.lib.core.plan import Changed, Plan, Recipe, Variant, replicate_seeds
from stages.lib.core.points import Description
from stages.lib.core.runner import Fault
from stages.params import fields
from stages.params.dataset import MOST_POINTS
from stages.params.own_sweep import OwnSweep

QUESTIONS = {"dataset.fraction": "How many points does it take?"}


class Page(SweepPage):
    """Every value, at each rate where there are any."""

    order = 95
    reads = ("seed", "lr", "network", "training", "dataset", "own_sweep")
    command = "dvc exp run -S own_sweep.vary=training.batch_size -S 'own_sweep.values=[16,64]'"
    key = "value"
    title = "Best {vary}: {value}"

    def plan(self, params: Params, data: Description) -> Plan:
        """Return every value at every replicate; one that makes other points has sets of its own."""
        asked: OwnSweep = params[self.stage]
        # How many points a set of its own has is not known here; the engine takes a batch of more for all of them.
        known = replace(data, rows=MOST_POINTS) if asked.of_points else data
        variants = [
            Variant(*variant, points=str(place) if asked.of_points else "")
            for place, value in enumerate(asked.values)
            for variant in self.variants(
                replace(asked, values=[value]), baseline(varied(params, asked.vary, value), known)
            )
        ]
        _refuse_alike(variants)
        return Plan(variants, replicate_seeds(params["seed"], asked.replicates))

    def variants(self, asked: OwnSweep, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield a value, which the baseline already has, at each rate, or at `lr`."""
        (value,) = asked.values
        named: Changed = {"vary": asked.vary, "value": label_of(value)}
        for rate in asked.learning_rates:
            yield named | {"learning_rate": rate}, replace(baseline, learning_rate=rate)
        if not asked.learning_rates:
            yield named, baseline

    def grids(self, tried: pd.DataFrame, best: pd.Series) -> dict[str, Collection[float]]:
        """Return the values that were tried; of a share none is beyond the whole."""
        grids = super().grids(tried, best)
        if best["vary"] == "dataset.fraction" and best["value"] == 1:
            del grids["value"]
        return grids

    def question_of(self, findings: Findings) -> str:
        """Return what the value is asked for."""
        vary = findings.tried["vary"].iloc[0]
        return QUESTIONS.get(vary, f"Which {vary}?")

    def answer(self, found: SweepFigures, findings: Findings) -> str:
        """Return which value does best."""
        vary = findings.tried["vary"].iloc[0]
        return f"Of the values of {code(vary)} that were tried: {answers.sweep(found, self.key)}"


def varied(params: Params, vary: str, value: Any) -> Params:
    """Return the sections of params.yaml with one key changed; raise Fault where that can't be."""
    section, _, key = vary.partition(".")
    kind = TypeAdapter(sections()[section])
    try:
        return {**params, section: kind.validate_python({**asdict(params[section]), key: value} if key else value)}
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Fault(
            f"params.yaml: own_sweep.values holds {value!r}, and with it as {vary}, {section} {message}"
        ) from error


def _refuse_alike(variants: Sequence[Variant]) -> None:
    """Raise Fault where two variants would train the same networks, or could not be told apart in a table."""
    seen: dict[str, Variant] = {}
    for variant in variants:
        for key in (repr((variant.recipe, variant.points)), repr(variant.changed)):
            other = seen.setdefault(key, variant)
            if other is not variant:
                values = f"{other.changed['value']} and {variant.changed['value']}"
                raise Fault(f"params.yaml: own_sweep.values: {values} train the same networks; remove one")


def label_of(value: Any) -> int | float | str:
    """Return a value as it stands in a table: a number as it is, a list with dashes, all else as text."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return "-".join(map(str, value)) or "none"
    return fields.label_of(value)
