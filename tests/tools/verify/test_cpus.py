"""The params that other processors are given: few, and ones that `check` accepts."""

import shutil
from pathlib import Path

from stages.lib.analysis.page import pages, sections
from stages.lib.core.runner import read_params
from stages.params.training import OPTIMIZERS
from tests.measured import RING_AND_Y, ROOT
from tools.verify.cpus import reduce_params


def test_the_reduced_params_are_sound_and_try_every_optimizer_at_one_rate(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    reduce_params(tmp_path / "params.yaml")
    params = read_params(tmp_path / "params.yaml", sections(), whole=True)
    plans = {page.stage: page.plan(params, RING_AND_Y) for page in pages()}
    assert all(plan.epochs <= 3 and len(plan.seeds) <= 2 for plan in plans.values())
    names = [variant.recipe.optimizer.name for variant in plans["optimizer_sweep"].variants]
    assert set(names) == set(OPTIMIZERS)
    assert len(names) == len(params["optimizer_sweep"].optimizers)
