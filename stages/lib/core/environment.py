"""The environment that makes a result the same bits on every x86-64 machine.

TensorFlow, XLA, NumPy and OpenBLAS look at the processor, the number of cores and the
user's settings, and pick other code accordingly: sums are then rounded in another order,
and after a thousand steps of training the last bits have become the first digits.
`pin` takes those choices away from them. It works only before the libraries are imported,
so `start`, which comes before every page, calls it.
"""

import os
import tempfile
import warnings
from pathlib import Path

INHERITED = (
    "TF_",
    "TENSORFLOW_",
    "XLA_",
    "KERAS_",
    "NPY_",
    "OMP_",
    "MKL_",
    "OPENBLAS_",
    "ONEDNN_",
    "MPL",
    "MATPLOTLIB",
)
SETTINGS = Path(__file__).with_name("settings")

XLA_FLAGS = {
    "--xla_cpu_max_isa": "SSE4_2",  # generated code follows the host; AVX2 as the limit still lets FMA in
    "--xla_cpu_experimental_ynn_fusion_type": "",  # YNNPACK picks FMA at run time
    "--xla_cpu_use_xnnpack": "false",  # likewise
    "--xla_backend_optimization_level": "1",  # not for the bits: compiles a fifth faster, and runs as fast
    "--xla_cpu_multi_thread_eigen": "false",  # the order of a sum would follow the number of threads
}

PINNED = {
    # Code that is picked by the processor's instruction set.
    "XLA_FLAGS": " ".join(f"{flag}={value}" for flag, value in XLA_FLAGS.items()),
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Nehalem",
    # Threads: they split sums. Cores are used by processes instead.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Another device, and the settings in the user's home.
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": str(SETTINGS),
    "MPLBACKEND": "agg",
    "MATPLOTLIBRC": str(SETTINGS / "matplotlibrc"),
    # Matplotlib keeps its list of fonts here; it reads no style from it, as MATPLOTLIBRC goes first.
    "MPLCONFIGDIR": str(Path(tempfile.gettempdir()) / f"matplotlib-{os.getuid()}"),
    # The width of Keras's model summary.
    "COLUMNS": "100",
    # Not for the bits: TensorFlow's greetings (no GPU found, ...) say nothing a reader needs.
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def pin() -> None:
    """Drop every inherited variable that could change a result or end a stage, and set `PINNED`."""
    for name in [name for name in os.environ if name.startswith(INHERITED)]:
        del os.environ[name]
    os.environ.update(PINNED)
    if os.environ.pop("PYTHONWARNINGS", None):  # an error that the user asked for elsewhere would end a stage
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)  # nearly as Python has it
