"""The small pipeline, as it was before it is disturbed and as it must be after."""

from pathlib import Path

import pytest

from tests.faults.clones import bits, build, copy_of, make_clone, run, set_seed


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the small pipeline has run."""
    return build(make_clone(tmp_path_factory.mktemp("built")))


@pytest.fixture(scope="session")
def undisturbed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests that a changed seed leads to when nothing comes between."""
    clone = copy_of(built, tmp_path_factory.mktemp("undisturbed"))
    set_seed(clone, 2)
    run(clone, "dvc", "repro")
    digests = bits(clone)
    assert digests != bits(built)
    return digests


@pytest.fixture
def clone(built: Path, tmp_path: Path) -> Path:
    """A built clone whose params have changed, so that every stage is to run."""
    clone = copy_of(built, tmp_path)
    set_seed(clone, 2)
    return clone
