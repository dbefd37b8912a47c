"""Are the params sound?

DVC removes a stage's outputs before it runs the stage, so a fault in params.yaml must be found
before any other stage starts. This one reads the whole file, says all that is wrong with it, one
line each, and otherwise writes a file that all other stages wait for. What it writes is always the
same, so a sound change re-runs only the stages that read what was changed.
"""

from pathlib import Path

from stages.lib.files import write_text
from stages.lib.runner import run
from stages.params.baseline import Baseline
from stages.params.batch_sweep import BatchSweep
from stages.params.callbacks_demo import CallbacksDemo
from stages.params.initializer_sweep import InitializerSweep
from stages.params.lr import Lr
from stages.params.lr_sweep import LrSweep
from stages.params.network import Network
from stages.params.network_sweep import NetworkSweep
from stages.params.optimizer_sweep import OptimizerSweep
from stages.params.prediction_grid import PredictionGrid
from stages.params.seed import Seed
from stages.params.smallest_network import SmallestNetwork
from stages.params.training import Training


def main(
    seed: Seed,
    lr: Lr,
    network: Network,
    training: Training,
    prediction_grid: PredictionGrid,
    baseline: Baseline,
    lr_sweep: LrSweep,
    initializer_sweep: InitializerSweep,
    network_sweep: NetworkSweep,
    batch_sweep: BatchSweep,
    optimizer_sweep: OptimizerSweep,
    smallest_network: SmallestNetwork,
    callbacks_demo: CallbacksDemo,
    *,
    ok: Path,
) -> None:
    """Writes the file that says so; the runner has checked every section when this is called."""
    write_text("params.yaml holds what stages/params allows.", ok)


if __name__ == "__main__":
    run(main, whole=True)
