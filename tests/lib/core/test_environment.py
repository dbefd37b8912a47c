"""The pins: set before NumPy and TensorFlow load, whatever the user's environment says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.lib.core.environment import PINNED, pin

ROOT = Path(__file__).parents[3]
HOSTILE = {
    "KERAS_BACKEND": "torch",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_NUM_INTRAOP_THREADS": "7",
    "OMP_NUM_THREADS": "7",
    "NPY_DISABLE_CPU_FEATURES": "",
    "OPENBLAS_CORETYPE": "Haswell",
    "MPLBACKEND": "svg",
    "COLUMNS": "40",
}
TRAIN = """
import stages, hashlib, keras, numpy as np
from stages.lib.engine.networks.fleet import Fleet, Member
from stages.lib.core.plan import Initializer
from stages.lib.core.points import Draws, Points
random = np.random.RandomState(0)
x = random.rand(64, 2).astype(np.float32)
points = Draws.of(Points(x, (x[:, :1] > x[:, 1:]).astype(np.float32)))
members = [Member((16,), Initializer("he_normal"), 0.1, seed) for seed in (1, 2)]
fleet = Fleet(members, activation="tanh", optimizer=keras.optimizers.SGD, train=points, validation=points)
fleet.train(epochs=3, batch_size=8)
print(hashlib.sha256(b"".join(weight.tobytes() for weight in fleet.weights_of(0))).hexdigest())
"""


def trained_bits(home: Path, environment: dict[str, str]) -> str:
    settings = home / ".keras" / "keras.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"floatx": "float64", "backend": "jax"}', "utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", TRAIN],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.splitlines()[-1]


def test_a_hostile_environment_and_home_do_not_change_what_is_trained(tmp_path: Path) -> None:
    assert trained_bits(tmp_path, HOSTILE) == trained_bits(tmp_path, {})


def test_what_a_user_has_set_is_dropped_and_the_rest_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_SOME_NEW_SWITCH", "1")
    monkeypatch.setenv("EDITOR", "ed")
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    pin()
    assert "TF_SOME_NEW_SWITCH" not in os.environ
    assert os.environ["EDITOR"] == "ed"
    assert {name: os.environ[name] for name in PINNED} == PINNED


def test_the_pins_are_set_before_numpy_is_imported() -> None:
    code = "import sys, stages, os; sys.exit('numpy' in sys.modules or os.environ['OMP_NUM_THREADS'] != '1')"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_warnings_that_a_user_made_errors_end_no_stage() -> None:
    code = (
        "import stages, warnings, subprocess, sys; warnings.warn('of a library', DeprecationWarning); "
        "warnings.warn('a word', RuntimeWarning); "
        "subprocess.run([sys.executable, '-c', 'import warnings; warnings.warn(str(1))'], check=True)"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "RuntimeWarning: a word" in ended.stderr
    assert "of a library" not in ended.stderr
