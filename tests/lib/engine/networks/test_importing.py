"""Keras is imported without what only its wrappers and its gallery need; other modules can still import that."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from stages.lib.engine.networks.importing import without
from tests.small import run

ROOT = Path(__file__).parents[4]


def test_the_engine_imports_neither_scikit_learn_nor_pyplot_and_both_can_be_imported_after() -> None:
    code = (
        "import sys, stages.lib.engine.networks; print({'sklearn', 'matplotlib.pyplot'} & set(sys.modules));"
        "import sklearn.decomposition, matplotlib.pyplot"
    )
    assert run(ROOT, sys.executable, "-c", code) == "set()\n"


def test_a_module_is_hidden_in_the_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with pytest.raises(ModuleNotFoundError, match="this"), without("this"):
        import_module("this")
    assert "this" not in sys.modules


def test_a_module_that_is_imported_already_stays() -> None:
    with without("json"):
        assert import_module("json") is sys.modules["json"]
