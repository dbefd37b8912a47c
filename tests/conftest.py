"""Small settings and small data that all tests share."""

import stages  # noqa: F401  it pins the environment, so it comes before NumPy and TensorFlow

# isort: split
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from stages import dataset
from stages.lib.core.points import Points, read_points
from stages.params.network import Network
from stages.params.prediction_grid import PredictionGrid
from stages.params.training import Training
from tests.lacking import lacking

SEED = 42


def pixels(path: Path) -> np.ndarray:
    """Returns the colours of a picture, shape (pixels, 3), from 0 to 255."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).reshape(-1, 3)


@pytest.fixture(scope="session")
def network() -> Network:
    return Network(hidden_units=[16, 16], activation="relu", kernel_initializer="glorot_uniform")


@pytest.fixture(scope="session")
def training() -> Training:
    return Training(epochs=3, batch_size=500, min_delta=0.001, patience=2)


@pytest.fixture(scope="session")
def prediction_grid() -> PredictionGrid:
    return PredictionGrid(limit=2.0, points=11)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the stage `dataset`, under the names of its options."""
    folder = tmp_path_factory.mktemp("data")
    paths = {name: folder / f"{name}.csv" for name in ("train", "validation", "test")}
    dataset.main(SEED, **paths)
    return paths


@pytest.fixture(scope="session")
def points(data: dict[str, Path]) -> Points:
    """100 of the training points, of both classes."""
    training_set = read_points(data["train"])
    return Points(training_set.x[::12][:100], training_set.y[::12][:100])


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds serious or worse on a page with all its parts open: the rule, and the elements."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    faults = Axe().run(page).response["violations"]
    serious = [fault for fault in faults if fault["impact"] in {"serious", "critical"}]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        lacking("no Chromium is installed, in which pages are opened; `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])  # root has no sandbox
        yield browser
        browser.close()
