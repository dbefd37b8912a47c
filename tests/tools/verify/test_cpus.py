"""The params that other processors are given: few, and ones that `check` accepts."""

import shutil
from pathlib import Path

from stages.lib.analysis.page import pages, sections
from stages.lib.core.runner import read_params
from tests.measured import RING_AND_Y, ROOT
from tools.verify.cpus import OPTIMIZERS, reduce_params


def test_the_reduced_params_are_sound_and_try_each_kind_of_optimizer_at_one_rate(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    reduce_params(tmp_path / "params.yaml")
    params = read_params(tmp_path / "params.yaml", sections(), whole=True)
    plans = {page.stage: page.plan(params, RING_AND_Y) for page in pages()}
    assert all(plan.epochs <= 3 and len(plan.seeds) <= 2 for plan in plans.values())
    tried = {variant.recipe.optimizer.name for plan in plans.values() for variant in plan.variants}
    assert tried == {"sgd", "adam", "rmsprop", "adadelta", "nadam"}  # no, one or two moments, of gradients or updates
    assert len(plans["optimizer_sweep"].variants) == len(params["optimizer_sweep"].optimizers) == len(OPTIMIZERS)
