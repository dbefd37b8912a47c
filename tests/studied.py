"""A whole study in this process, for tests of tables that the project has never seen."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn import datasets

from stages import check, dataset, figures, judge, networks, report
from stages.lib.analysis.page import pages, sections
from stages.lib.core.places import Places
from stages.lib.core.runner import run, run_with
from stages.lib.engine import train
from stages.lib.engine.networks import callbacks
from tests.small import ONE_PROCESS, ROOT, shrink

TABLES = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}


def write_table(name: str, folder: Path) -> None:
    """Writes a table of scikit-learn as a user would save it, without columns that are the same in nearly all rows."""
    bunch = TABLES[name]()
    table = pd.DataFrame(bunch.data, columns=[str(each).replace(" (cm)", "") for each in bunch.feature_names])
    table = table.loc[:, (table != table.mode().iloc[0]).mean() > 0.05]  # the rim of a digit is all but white
    folder.mkdir(parents=True, exist_ok=True)
    table.assign(kind=np.asarray(bunch.target_names)[bunch.target]).to_csv(folder / f"{name}.csv", index=False)


def ask(folder: Path, **changed: Any) -> None:
    """Writes params.yaml: small ones, with some keys of their sections changed."""
    params = shrink(yaml.safe_load((ROOT / "params.yaml").read_text("utf-8")))
    for section, change in changed.items():
        params[section] = params[section] | change if isinstance(change, dict) else change
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


def study(folder: Path, *stages: str) -> Places:
    """Runs the stages that train and are named, or the whole pipeline, as DVC would in a folder; returns its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv(*next(iter(ONE_PROCESS.items())))
        run_with(sections(), lambda params: check.main(params, places=Places()), whole=True)
        run(dataset.main)
        for page in pages():
            if not stages or page.stage in stages:
                trainer = callbacks if page.stage == "callbacks_demo" else train
                trainer.train(page.stage, places=Places())
        if not stages:
            run(judge.main)
            run(networks.main)
            run(figures.main)
            run_with(sections(), lambda params: report.main(params, places=Places()))
    return Places(folder)
