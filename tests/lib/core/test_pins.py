"""Each pin of the environment, taken away on its own: something that it protects comes out otherwise.

A pin that this can't be shown of has its reason written down here instead.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stages.lib.core.environment import PINNED, XLA_FLAGS
from tests.lacking import of_other_processors

ROOT = Path(__file__).parents[3]
HOSTILE_RC = "figure.facecolor: black\n"

# What is computed, by the name of what it shows; each finds a value that the pins make the same everywhere.
PROBES = {
    "TensorFlow's threads": """
import psutil, tensorflow as tf
before = psutil.Process().num_threads()
tf.matmul(tf.ones((1000, 1000)), tf.ones((1000, 1000))).numpy()
value = psutil.Process().num_threads() - before
""",
    "train": """
import keras, hashlib, numpy as np
from stages.lib.engine.networks.fleet import Fleet, Member
from stages.lib.core.plan import Initializer
from stages.lib.core.points import Draws, Points
places = np.random.RandomState(0).rand(64, 2).astype(np.float32)
points = Draws.of(Points(places, (places[:, :1] > places[:, 1:]).astype(np.float32)))
members = [Member((16, 16), Initializer("he_normal"), 0.1, seed) for seed in (1, 2)]
fleet = Fleet(members, activation="tanh", optimizer=keras.optimizers.Adam, train=points, validation=points)
fleet.train(epochs=3, batch_size=8)
value = hashlib.sha256(b"".join(weight.tobytes() for weight in fleet.weights_of(0))).hexdigest()
""",
    "TensorFlow's own product": """
import hashlib, numpy as np, tensorflow as tf
some = np.random.RandomState(0).rand(200, 300).astype(np.float32)
value = hashlib.sha256(tf.matmul(some, some, transpose_b=True).numpy().tobytes()).hexdigest()
""",
    "NumPy's functions": """
import hashlib, numpy as np
x = np.random.RandomState(0).rand(10000) * 10
values = [function(kind(x)) for function in (np.exp, np.log, np.sin, np.cos) for kind in (np.float32, np.float64)]
value = hashlib.sha256(b"".join(some.tobytes() for some in values)).hexdigest()
""",
    "NumPy's product": """
import hashlib, numpy as np
some = np.random.RandomState(0).rand(200, 300)
value = hashlib.sha256((some @ some.T).tobytes()).hexdigest()
""",
    "Keras's backend": """
try:
    import keras
    value = keras.config.backend()
except ImportError as error:  # of a backend that is not installed
    value = str(error)
""",
    "Keras's float type": "import keras; value = keras.config.floatx()",
    "Matplotlib's backend": "import matplotlib; value = matplotlib.get_backend()",
    "Matplotlib's style": "import matplotlib; value = matplotlib.rcParams['figure.facecolor']",
    "the width of a summary": "import shutil; value = shutil.get_terminal_size().columns",
}
# For each pin what shows it, and what the variable holds where it is not pinned; None is not set.
SHOWN: dict[str, tuple[str, str | None]] = {
    "--xla_cpu_max_isa": ("train", None),
    "--xla_cpu_experimental_ynn_fusion_type": ("train", None),
    "TF_ENABLE_ONEDNN_OPTS": ("TensorFlow's own product", None),
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": ("TensorFlow's own product", None),
    "TF_NUM_INTRAOP_THREADS": ("TensorFlow's threads", "4"),
    "TF_NUM_INTEROP_THREADS": ("TensorFlow's threads", "4"),
    "NPY_DISABLE_CPU_FEATURES": ("NumPy's functions", None),
    "OPENBLAS_CORETYPE": ("NumPy's product", None),
    "KERAS_BACKEND": ("Keras's backend", "numpy"),
    "KERAS_HOME": ("Keras's float type", "{home}"),
    "MPLBACKEND": ("Matplotlib's backend", "svg"),
    "MATPLOTLIBRC": ("Matplotlib's style", "{home}/matplotlibrc"),
    "COLUMNS": ("the width of a summary", "40"),
}
NOT_SHOWN = {
    "--xla_cpu_use_xnnpack": "XLA's default today; with it on, dots go to a library that picks FMA at run time",
    "--xla_cpu_multi_thread_eigen": "of no effect while TF_NUM_INTRAOP_THREADS is 1, which it backs",
    "--xla_backend_optimization_level": "not for the bits: it saves time of compilation",
    "ONEDNN_MAX_CPU_ISA": "of no effect while TF_ENABLE_ONEDNN_OPTS is 0, which it backs",
    "OMP_NUM_THREADS": "of what is locked only OpenBLAS reads it, after OPENBLAS_NUM_THREADS; a build with MKL does",
    "OPENBLAS_NUM_THREADS": "of no effect while OMP_NUM_THREADS is 1, which OpenBLAS reads too: each backs the other",
    "CUDA_VISIBLE_DEVICES": "takes a GPU to show",
    "MPLCONFIGDIR": "only a place for a cache of fonts; without it Matplotlib warns where home can't be written",
    "TF_CPP_MIN_LOG_LEVEL": "not for the bits: it keeps greetings out of the log",
}
# Each takes two imports of TensorFlow.
SLOW = {"TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "KERAS_BACKEND", "KERAS_HOME", "TF_ENABLE_ONEDNN_OPTS"}
SLOW |= {"TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL", "--xla_cpu_experimental_ynn_fusion_type", "--xla_cpu_max_isa"}
INSTRUCTIONS = {"--xla_cpu_max_isa", "--xla_cpu_experimental_ynn_fusion_type", "TF_ENABLE_ONEDNN_OPTS"}
INSTRUCTIONS |= {"TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE"}


def probed(name: str, changes: dict[str, str | None], home: Path) -> Any:
    """What a probe finds where the pins hold but for the environment variables in `changes`."""
    code = f"import os, json, stages\nchanges = {changes!r}\n"
    code += "for name, value in changes.items(): os.environ.update({name: value}) if value else os.environ.pop(name)\n"
    code += f"{PROBES[name]}\nprint(json.dumps(value))"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """What a probe prints where all pins hold."""
    home = tmp_path_factory.mktemp("home")
    return cache(lambda name: probed(name, {}, home))


def test_every_pin_is_shown_or_has_its_reason() -> None:
    assert sorted([*SHOWN, *NOT_SHOWN]) == sorted([*(PINNED.keys() - {"XLA_FLAGS"}), *XLA_FLAGS])


@pytest.mark.parametrize("pin", [pytest.param(pin, marks=pytest.mark.long if pin in SLOW else []) for pin in SHOWN])
def test_without_a_pin_what_it_protects_comes_out_otherwise(
    pin: str, pinned: Callable[[str], Any], tmp_path: Path
) -> None:
    if pin in INSTRUCTIONS and "fma" not in Path("/proc/cpuinfo").read_text("utf-8").split():
        of_other_processors(f"this processor has no fused multiply-add, which is what {pin} rules out")
    (tmp_path / "keras.json").write_text('{"floatx": "float64"}', "utf-8")
    (tmp_path / "matplotlibrc").write_text(HOSTILE_RC, "utf-8")
    name, value = SHOWN[pin]
    if pin.startswith("--"):
        others = [flag for flag in PINNED["XLA_FLAGS"].split(" ") if not flag.startswith(f"{pin}=")]
        changes: dict[str, str | None] = {"XLA_FLAGS": " ".join(others)}
    else:
        changes = {pin: value and value.format(home=tmp_path)}
    assert probed(name, changes, tmp_path) != pinned(name)
