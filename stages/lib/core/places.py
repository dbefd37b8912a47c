"""Where each file of the study lies: one rule for all stages, said here alone.

A file is named after its stage: `metrics/<stage>.json`, `plots/<stage>/<table>.csv`, `models/<stage>.keras`.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The files of a study, below the folder `root`; a stage runs in the folder of dvc.yaml."""

    root: Path = Path()

    @property
    def figures_ok(self) -> Path:
        """Return the file that says that the pictures were drawn; git does not hold it."""
        return self.root / "data/figures.ok"

    @property
    def own(self) -> Path:
        """Return the folder of the user's own tables, which no stage writes."""
        return self.root / "data/own"

    @property
    def description(self) -> Path:
        """Return what there is to say of the points."""
        return self.root / "data/description.json"

    @property
    def plans(self) -> Path:
        """Return the folder of what each stage is to train."""
        return self.root / "data/plans"

    @property
    def chosen(self) -> Path:
        """Return the folder of the networks that were chosen, a folder for each stage."""
        return self.root / "data/chosen"

    @property
    def grids(self) -> Path:
        """Return the folder of what the chosen networks answer all over the plane."""
        return self.root / "data/grids"

    @property
    def answers(self) -> Path:
        """Return the folder of what the chosen networks answer at the validation points."""
        return self.root / "data/answers"

    @property
    def chapters(self) -> Path:
        """Return the folder of what the report says of each stage, a file for each."""
        return self.root / "data/chapters"

    @property
    def pictures(self) -> Path:
        """Return the folder of the pictures of the points and of what networks make of the plane."""
        return self.root / "plots/figures"

    @property
    def page(self) -> Path:
        """Return the report as a page."""
        return self.root / "report/index.html"

    @property
    def text(self) -> Path:
        """Return the report as Markdown."""
        return self.root / "report/report.md"

    @property
    def curves(self) -> Path:
        """Return the folder of the curves of each stage as pictures."""
        return self.root / "report/curves"

    @property
    def replicates(self) -> Path:
        """Return the file that says of each stage from how many draws of the points it learns."""
        return self.plans / "replicates.json"

    def points(self, part: str) -> Path:
        """Return the points of `train`, `validation` or `test`."""
        return self.root / f"data/{part}.csv"

    def draws(self, stage: str, name: str = "") -> Path:
        """Return the folder of the points of each replicate; those of the study, or of a value of the user's own."""
        return self.root / "data/draws" / stage / name

    def plan(self, stage: str) -> Path:
        """Return what a stage is to train."""
        return self.plans / f"{stage}.json"

    def trained(self, stage: str) -> Path:
        """Return the folder of what was measured while a stage trained, and of the weights that it kept."""
        return self.root / "data/trained" / stage

    def unfinished(self, stage: str) -> Path:
        """Return the folder of the shards of a stage that has not ended."""
        return self.root / "data/unfinished" / stage

    def model(self, stage: str) -> Path:
        """Return the network of a stage, in Keras's format."""
        return self.root / f"models/{stage}.keras"

    def summary(self, stage: str) -> Path:
        """Return Keras's summary of the network of a stage."""
        return self.root / f"models/{stage}.txt"

    def checkpoints(self, stage: str) -> Path:
        """Return the folder of the weights that callbacks kept."""
        return self.root / "models" / stage

    def metrics(self, stage: str) -> Path:
        """Return the figures of a stage."""
        return self.root / f"metrics/{stage}.json"

    def table(self, stage: str, name: str) -> Path:
        """Return a table of a stage, which `dvc plots` draws."""
        return self.root / f"plots/{stage}/{name}.csv"

    def picture(self, stage: str, kind: str = "") -> Path:
        """Return the picture of the network of a stage; or, by its kind, that of its `units` or of all `variants`."""
        return self.pictures / f"{stage}{f'_{kind}' if kind else ''}.png"

    def live_plot(self, stage: str) -> Path:
        """Return the picture that is drawn while a stage trains."""
        return self.root / f"plots/{stage}/live_plot.png"
