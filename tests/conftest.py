"""Small settings and small data that all tests share."""

import stages  # noqa: F401  it pins the environment, so it comes before NumPy and TensorFlow

# isort: split
import fcntl
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import vl_convert
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from stages.lib.core.places import Places
from stages.lib.core.points import Points, read_points
from stages.params.network import Network
from stages.params.training import Training
from tests.lacking import lacking
from tests.measured import draw_points
from tests.small import build

SEED = 42  # of params.yaml

# A shell starts what goes to its background deaf to Ctrl-C, and so would be all that the tests start, and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pixels(path: Path) -> np.ndarray:
    """Returns the colours of a picture, shape (pixels, 3), from 0 to 255."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).reshape(-1, 3)


@pytest.fixture(scope="session")
def network() -> Network:
    return Network(hidden_units=[16, 12], activation="elu", kernel_initializer="he_normal")


@pytest.fixture(scope="session")
def training() -> Training:
    return Training(epochs=3, batch_size=500, optimizer="sgd", min_delta=0.001, patience=2)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A study in which the stages `check` and `dataset` alone have run."""
    places = Places(tmp_path_factory.mktemp("data"))
    draw_points(places)
    return places


@pytest.fixture(scope="session")
def points(data: Places) -> Points:
    """100 of the training points, of both classes."""
    training_set = read_points(data.points("train"), 2)
    return Points(training_set.x[::12][:100], training_set.y[::12][:100])


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the whole pipeline has run on small params, and is committed; all test processes share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "built/done").exists():
            build(shared / "built")
    return shared / "built/clone"


@pytest.fixture
def study(built: Path, tmp_path: Path) -> Places:
    """The files of a built study, without its cache, for a test to change."""
    return copy_of_study(built, tmp_path / "study")


def copy_of_study(built: Path, folder: Path) -> Places:
    for name in ("data", "metrics", "models", "plots"):
        shutil.copytree(built / name, folder / name)
    shutil.copy(built / "params.yaml", folder)
    return Places(folder)


@pytest.fixture(scope="session", autouse=True)
def _own_dvc_and_git(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    os.environ["DVC_SITE_CACHE_DIR"] = str(home / "dvc")
    os.environ["GIT_CONFIG_GLOBAL"] = str(home / "gitconfig")
    settings = {"user.name": "A Reader", "user.email": "reader@example.org", "init.defaultBranch": "main"}
    for name, value in settings.items():
        subprocess.run(["git", "config", "--global", name, value], check=True)


@pytest.fixture(scope="session", autouse=True)
def _vega_bundled_once() -> Iterator[None]:
    """Each page has Vega in it. To bundle it takes seconds, and gives the same text each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vl_convert, "javascript_bundle", functools.cache(vl_convert.javascript_bundle))
        yield


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds serious or worse on a page with all its parts open: the rule, and the elements."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    faults = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
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
