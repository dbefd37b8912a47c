"""Compiles programs of the pipeline with XLA's dump, and says what in them would follow the processor.

XLA hands every product of matrices to Eigen, which cuts sums by the size of the first data cache, and may call
functions of libraries, which pick code by the processor.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from math import prod
from pathlib import Path

from stages.lib.engine.networks.products import LARGEST_SUM
from tools.verify.elf import symbols

# They move bytes; and powf, in Adam's rate, gave the same bits with FMA and without in 30 million values.
ALLOWED_CALLS = {"memcpy", "memset", "powf"}
# What XLA leaves to libraries, but for products. `call`, `fusion` and their like are code of its own.
LIBRARY_OPERATIONS = {"convolution", "custom-call", "cholesky", "fft", "sort", "topk", "triangular-solve"}
INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%(\S+) = (\(.*?\)|\S+) ([a-z][\w-]*)\((.*)$")
# Runs before the code whose programs are dumped: XLA reads its flags once, when TensorFlow first compiles.
DUMPING = """
import os, stages
os.environ["XLA_FLAGS"] += " --xla_dump_to={folder} --xla_dump_hlo_as_text"
"""


def compiled(code: str, folder: Path) -> list[Path]:
    """Run Python code in a process of its own and return the programs that XLA compiled, as text in HLO.

    Raise CalledProcessError where the code fails, and FileNotFoundError where nothing was compiled.
    """
    command = [sys.executable, "-c", DUMPING.format(folder=folder) + code]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    programs = sorted(folder.glob("*.cpu_after_optimizations.txt"))
    if not programs or not any(folder.glob("*.o")):
        raise FileNotFoundError(f"{folder}: XLA wrote no programs there; how does it name them now?")
    return programs


def faults(program: Path) -> Iterator[str]:
    """Yield a line for each sum that is too long, and each call that is not allowed, in a program."""
    shapes: dict[str, list[int]] = {}
    for line in program.read_text("utf-8").splitlines():
        found = INSTRUCTION.match(line)
        if not found:
            continue
        name, shape, operation, rest = found.groups()
        shapes[name] = [int(size) for size in re.findall(r"\d+", shape.partition("[")[2].partition("]")[0])]
        if operation in LIBRARY_OPERATIONS:
            yield f"{name}: {operation}"
        if operation == "dot":
            terms = summed_terms(shapes, rest)
            if terms > LARGEST_SUM:
                yield f"{name}: a product that sums {terms} terms, more than {LARGEST_SUM}"
    stem = program.name.removesuffix("cpu_after_optimizations.txt")
    for file in sorted(program.parent.glob(f"{stem}*.o")):
        for symbol in symbols(file):
            if symbol.undefined and symbol.name and symbol.name not in ALLOWED_CALLS:
                yield f"{file.name.removeprefix(stem)}: calls {symbol.name}"


def summed_terms(shapes: dict[str, list[int]], rest: str) -> int:
    """Return how many terms a dot sums, from the shapes of its operands and the text after its name."""
    left = re.match(r"[^%]*%([^,)]+)", rest)
    axes = re.search(r"lhs_contracting_dims=\{([\d,]*)\}", rest)
    if left is None or axes is None:
        raise ValueError(f"not a product as XLA writes it: dot({rest}")
    return prod(shapes[left[1]][int(axis)] for axis in axes[1].split(",") if axis)
