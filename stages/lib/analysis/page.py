"""What a page of the study declares, and the judging that all sweeps share.

A module of `stages/questions/` asks a question by its class `Page`. Everything else finds it there: `check` writes its
plan, `judge` its figures, tables and chapter, `figures` and `report` draw the chapter.
"""

import pkgutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from stages.lib.analysis import answers
from stages.lib.analysis.chapter import Chapter, Chart, Picture, variant_table
from stages.lib.analysis.figures import Figures, SweepFigures
from stages.lib.analysis.sweep import Sweep, Trained
from stages.lib.core.places import Places
from stages.lib.core.plan import Changed, Initializer, Kept, Optimizer, Plan, Recipe, Variant, replicate_seeds
from stages.lib.core.points import Description, Points
from stages.params.fields import Named, arguments_of, name_of
from stages.params.training import Training

Params = dict[str, Any]  # the sections of params.yaml, each built as its type
SGD = Optimizer("sgd")


@dataclass(frozen=True)
class Given:
    """What all pages are judged by.

    Args:
        rule: says when a loss has settled.
        data: what there is to say of the points.
        points: the training points on disk, those of the first replicate.
        constant: the loss of the best constant answer on them, in nats.
    """

    rule: Training
    data: Description
    points: Points
    constant: float


@dataclass(frozen=True)
class Chosen:
    """A network that is kept.

    Args:
        kept: its recipe, and what is wanted of it.
        weights: after the last epoch, all in one row.
        snapshots: by epoch, its weights while it learned.
        variants: a network of each variant, the losers too, which is drawn beside the others.
    """

    kept: Kept
    weights: np.ndarray
    snapshots: dict[int, np.ndarray] = field(default_factory=dict)
    variants: list["Chosen"] = field(default_factory=list)


@dataclass(frozen=True)
class Findings:
    """What a page makes of what was measured.

    Args:
        data: what there is to say of the points.
        figures: for metrics/<stage>.json.
        tables: by their names, for plots/<stage>/.
        chosen: the network that is kept.
        tried: a row for each variant of the plan, with what was changed.
        because: a reason that was measured, in Markdown like an answer; none where what was measured bears none.
        reason_charts: the kinds of charts that stand beside it.
    """

    data: Description
    figures: Figures
    tables: dict[str, pd.DataFrame]
    chosen: Chosen | None = None
    tried: pd.DataFrame = field(default_factory=pd.DataFrame)
    because: str = ""
    reason_charts: tuple[str, ...] = ()


class Page(ABC):
    """A question of the study. The first line of the module's docstring asks it."""

    order: ClassVar[int]  # of the chapters in the report
    task: ClassVar[int] = 0  # of the assignment, from 1; 0 is none of them
    reads: ClassVar[tuple[str, ...]]  # the sections of params.yaml that its plan follows from
    command: ClassVar[str]  # asks the same with other values
    figures: ClassVar[type[Figures]]  # the type of metrics/<stage>.json
    charts: ClassVar[tuple[str, ...]]  # kinds of stages/lib/publish/charts.py
    key: ClassVar[str] = ""  # the column that names a variant, in Keras's spelling
    names: ClassVar[tuple[str, ...]] = ()  # all that the key may hold, in the order of their colours; none of a number

    @property
    def stage(self) -> str:
        """Return the name of the stage: that of the module."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def question(self) -> str:
        """Return the question."""
        return str(sys.modules[type(self).__module__].__doc__).splitlines()[0]

    @abstractmethod
    def plan(self, params: Params, data: Description) -> Plan:
        """Return what is to be trained; `data` is what there is to say of the points."""

    @abstractmethod
    def judge(self, trained: Trained, given: Given) -> Findings:
        """Return what was found."""

    @abstractmethod
    def chapter(self, findings: Findings) -> Chapter:
        """Return what the report says of it."""

    def charted(self, classes: int = 2, **marks: int | None) -> tuple[Chart, ...]:
        """Return its charts for a number of classes, in which `marks` points out epochs by their labels, but None."""
        return tuple(Chart(kind, self.key, self.names, marks, classes) for kind in self.charts)

    def charted_reasons(self, findings: Findings) -> tuple[Chart, ...]:
        """Return the charts beside the reason."""
        classes = len(findings.data.classes)
        return tuple(Chart(kind, self.key, self.names, classes=classes) for kind in findings.reason_charts)

    def picture(self, alt: str, kind: str = "") -> Picture:
        """Return the picture of its network, or one of another kind, with what it shows."""
        return Picture(Places().picture(self.stage, kind).as_posix(), alt)

    def question_of(self, findings: Findings) -> str:  # noqa: ARG002
        """Return the question as it fits what was found."""
        return self.question

    def written(self, findings: Findings, answer: str, title: str, **evidence: Any) -> Chapter:
        """Return a chapter with the answer, the title of its picture, and the evidence."""
        return Chapter(
            order=self.order,
            stage=self.stage,
            question=self.question_of(findings),
            answer=answer,
            because=findings.because,
            reasons=self.charted_reasons(findings),
            title=title,
            reads=self.reads,
            command=self.command,
            **evidence,
        )


class SweepPage(Page):
    """The baseline with one thing changed, each variant from the same replicates.

    Where a `learning_rate` is tried with each variant, the variant is judged at its best rate.
    """

    figures = SweepFigures
    title: ClassVar[str]  # of the best variant's picture; names in braces are what was changed
    natural: ClassVar[Mapping[str, Collection[float]]] = {}  # ends of a grid beyond which there is nothing
    charts: ClassVar[tuple[str, ...]] = ("variants", "curves")
    reason_chart: ClassVar[str] = "learned_and_new"  # the kind of chart that stands beside a reason

    @abstractmethod
    def variants(self, asked: Any, baseline: Recipe) -> Iterator[tuple[Changed, Recipe]]:
        """Yield what is changed, and the recipe of each variant.

        Args:
            asked: the page's own section.
            baseline: the recipe of the baseline, at the learning rate `lr`.
        """

    def plan(self, params: Params, data: Description) -> Plan:
        """Return every variant at every replicate."""
        asked = self.fitted(params[self.stage], data)
        variants = [Variant(*variant) for variant in self.variants(asked, baseline(params, data))]
        return Plan(variants, replicate_seeds(params["seed"], asked.replicates))

    def judge(self, trained: Trained, given: Given) -> Findings:
        """Return the tables of the variants, each at its best rate, and the first network of the best one."""
        whole = Sweep.of(trained, given.constant)
        sweep = self.ranked(whole)
        tuned = sweep.tuned()
        best = int(tuned.variants.index[tuned.best])
        grids = self.grids(sweep.variants, sweep.variants.iloc[best])
        answer = tuned.answer(grids, self.natural_ends(given.data)) | sweep.counts
        tables = {"curves": tuned.curve_table(), "variants": tuned.variant_table()} | self.tables(sweep, tuned, given)
        tables["variants"] = tables["variants"].assign(**self.measured(tuned, trained, given))
        figures = self.figures.of(answer | self.more(whole, tuned, given))
        variants = [
            self.shown(trained, int(place), loss)
            for place, (loss, *_) in zip(tuned.variants.index, tuned.final_val_loss, strict=True)
        ]
        chosen = Chosen(Kept(trained.plan.variants[best].recipe), trained.weights(best, 0), variants=variants)
        told = {kind: sentence for kind, sentence in self.reasons(tables["variants"], given).items() if sentence}
        return Findings(given.data, figures, tables, chosen, sweep.variants, " ".join(told.values()), tuple(told))

    def ranked(self, whole: Sweep) -> Sweep:
        """Return the variants that are compared, of all that were trained."""
        return whole

    def shown(self, trained: Trained, place: int, val_loss: float) -> Chosen:
        """Return the first network of the variant at a place of the plan, by its name and its loss."""
        variant = trained.plan.variants[place]
        loss = float(val_loss) if np.isfinite(val_loss) else None
        return Chosen(Kept(variant.recipe, name=self.called(variant.changed), val_loss=loss), trained.weights(place, 0))

    def called(self, changed: Changed) -> str:
        """Return the name of a variant in a picture."""
        value = changed[self.key]
        return f"{value:g}" if isinstance(value, float) else str(value)

    def titled(self, changed: Changed) -> str:
        """Return the title of the best variant's picture."""
        return self.title.format_map(changed)

    def fitted(self, asked: Any, data: Description) -> Any:  # noqa: ARG002
        """Return the page's own section as it is for these points."""
        return asked

    def natural_ends(self, data: Description) -> Mapping[str, Collection[float]]:  # noqa: ARG002
        """Return ends of a grid beyond which there is nothing."""
        return self.natural

    def grids(self, tried: pd.DataFrame, best: pd.Series) -> dict[str, Collection[float]]:
        """Return the values that were tried of what may have a better one beyond its ends."""
        grids: dict[str, Collection[float]] = {}
        if self.key in tried.select_dtypes("number"):
            grids[self.key] = set(tried[self.key])
        if "learning_rate" in tried:
            others = tried.columns.drop("learning_rate")
            grids["learning_rate"] = set(tried[(tried[others] == best[others]).all(axis=1)]["learning_rate"])
        return grids

    def tables(self, sweep: Sweep, tuned: Sweep, given: Given) -> dict[str, pd.DataFrame]:  # noqa: ARG002
        """Return tables besides, or in place of, those of all sweeps."""
        return {}

    def more(self, whole: Sweep, tuned: Sweep, given: Given) -> dict[str, Any]:  # noqa: ARG002
        """Return figures besides those of all sweeps, of all that was trained, and of each variant at its best rate."""
        return {}

    def measured(self, tuned: Sweep, trained: Trained, given: Given) -> dict[str, np.ndarray]:  # noqa: ARG002
        """Return what a reason is given by: columns of the table of variants, a number for each, NaN for none."""
        return {}

    def reasons(self, variants: pd.DataFrame, given: Given) -> dict[str, str]:
        """Return a reason for each kind of chart that shows one, or nothing where the table bears none."""
        return {self.reason_chart: self.because(variants, given)}

    def because(self, variants: pd.DataFrame, given: Given) -> str:  # noqa: ARG002
        """Return why it is so, by the table of the variants; nothing where that bears no reason."""
        return answers.learned_less(variants)

    def columns(self, variants: pd.DataFrame) -> tuple[str, ...]:
        """Return the columns that stand before the figures in the report's table."""
        return tuple(name for name in dict.fromkeys((self.key, "learning_rate")) if name in variants)

    def pictures(self, data: Description, title: str) -> Iterator[Picture]:
        """Yield the picture of the best network and, in the plane, of one network of each variant."""
        yield self.picture(f"The {data.pictured}. {title}.")
        if data.in_the_plane:
            each = "The boundary of a network of each variant, from the first replicate, with its validation loss."
            yield self.picture(each, "variants")

    def answer(self, found: Any, findings: Findings) -> str:  # noqa: ARG002
        """Return the answer in a few sentences."""
        return answers.sweep(found, self.key)

    def chapter(self, findings: Findings) -> Chapter:
        """Return the answer with charts, the picture of the best network and the table of all variants."""
        found: Any = findings.figures
        title = self.titled(found.best.changed)
        if found.best.val_loss.mean is None:
            title = f"No best {self.key.replace('_', ' ')}: none ends with a finite loss at every replicate"
        variants = findings.tables["variants"]
        return self.written(
            findings,
            self.answer(found, findings),
            title,
            charts=self.charted(len(findings.data.classes)),
            pictures=tuple(self.pictures(findings.data, title)),
            table=variant_table(*self.columns(variants)),
        )


def baseline(params: Params, data: Description) -> Recipe:
    """Return the recipe of the baseline at the learning rate `lr`; a batch has no more points than there are."""
    network, training = params["network"], params["training"]
    return Recipe(
        hidden_units=tuple(network.hidden_units),
        activation=tuple(network.activation) if isinstance(network.activation, list) else network.activation,
        kernel_initializer=initializer_of(network.kernel_initializer),
        optimizer=Optimizer(name_of(training.optimizer), arguments_of(training.optimizer)),
        learning_rate=params["lr"],
        batch_size=min(training.batch_size, data.rows),
        epochs=training.epochs,
        inputs=len(data.features),
        classes=len(data.classes),
    )


def initializer_of(named: Named) -> Initializer:
    """Return an initializer as it stands in params.yaml as that of a recipe."""
    return Initializer(name_of(named), arguments_of(named))


def sections() -> dict[str, Any]:
    """Return the type of each section of params.yaml: `stages/params/<section>.py` has it, in camel case."""
    folder = import_module("stages.params")
    names = [module.name for module in pkgutil.iter_modules(folder.__path__) if module.name != "fields"]
    return {name: getattr(import_module(f"stages.params.{name}"), _camel_case(name)) for name in names}


def pages() -> list[Page]:
    """Return the pages that ask a question, in the order of the report; each has a section of its own name."""
    folder = import_module("stages.questions")
    modules = [import_module(f"stages.questions.{module.name}") for module in pkgutil.iter_modules(folder.__path__)]
    return sorted((module.Page() for module in modules), key=lambda page: page.order)


def _camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
