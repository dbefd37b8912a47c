"""Runs every stage on reduced params, here and as other processors (qemu-user), and compares every output byte by byte.

An emulated processor is slow (TensorFlow alone takes most of a minute to load), so all stages run in one process.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ruamel.yaml import YAML

from tools.verify.differences import differing_files
from tools.verify.tables import CPUS, write_table

REPOSITORY = Path(__file__).parents[2]
# Of each generation of instructions one: AVX, AVX2 with FMA, AVX-512, another maker's; and Opteron_G5, whose first
# data cache holds 64 KiB, where qemu gives the others 32.
PROCESSORS = ("SandyBridge", "Haswell", "Icelake-Server", "EPYC-Rome", "Opteron_G5")
SMALL = {"epochs": 3, "patience": 1, "replicates": 2}  # wherever a section has them
# Few, as each program takes a minute to compile where it is emulated: of a sweep that is not named here, the value in
# the middle of each list; of the others every activation, each kind of moment that an optimizer keeps, small batches
# and all points. The other optimizers' programs are read, not run; see programs.py.
REDUCED = {
    "training": {"epochs": 3, "patience": 1, "batch_size": 128},
    "prediction_grid": {"points": 20},
    "baseline": {"snapshots": 2},
    "lr_sweep": {"learning_rates": [0.01, 0.1], "budget": 1, "replicates": 2},
    "initializer_sweep": {"replicates": 2},
    "network_sweep": {"depths": [2], "widths": [8], "learning_rates": [0.3], "epochs": 3, "replicates": 2},
    "batch_sweep": {"batch_sizes": [100, 512, 1209], "learning_rates": [0.1], "epochs": 3, "replicates": 2},
    "own_sweep": {"values": [0.1, 1.0], "learning_rates": [0.3], "replicates": 2},
    "smallest_network": {
        "activations": ["tanh"],
        "most_parameters": 9,
        "restarts": 2,
        "most_restarts": 2,
        "epochs": 3,
        "batch_size": 128,
    },
    "callbacks_demo": {"epochs": 3, "patience": 1},
}
OPTIMIZERS = {"nesterov_0.9", "rmsprop", "adadelta", "nadam"}  # beside SGD, momentum and Adam of other stages
ALL_STAGES = """
import runpy, shlex, sys
import stages  # it pins the environment, so it comes before NumPy
from ruamel.yaml import YAML
with open("dvc.yaml") as file:
    commands = [stage["cmd"] for stage in YAML(typ="safe").load(file)["stages"].values()]
for command in commands:
    _, _, _, module, *sys.argv[1:] = shlex.split(command)
    runpy.run_module(module, run_name="__main__")
"""


def main() -> None:
    """End with exit code 1, and a line for each output that differs, unless all processors gave the same."""
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        sys.exit(
            "qemu-x86_64 is not installed, so no other processor can be tried; on Debian: apt-get install qemu-user"
        )
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="verify-cpu-") as folder:
        commands = {"this machine's": [], **{cpu: [emulator, "-cpu", cpu] for cpu in PROCESSORS}}
        built = {cpu: Path(folder) / f"{number}" for number, cpu in enumerate(commands)}
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            commits = [commit] * len(built)  # HEAD may move while the first are built
            faults = list(pool.map(build, built.values(), commands.values(), commits))
        here, *others = built
        found = [fault for fault in faults if fault]
        for cpu in others if not found else []:
            names = sorted({*produced(built[here]), *produced(built[cpu])})
            found += [f"{cpu}: {line}" for line in differing_files(built[here], built[cpu], names)]
        count = len(produced(built[here]))
    if found:
        sys.exit("\n".join(found))
    rows = [[cpu, "the same bits"] for cpu in others]
    outcome = (
        f"All {count} outputs of the pipeline of commit {commit} on reduced params, compared with this machine's own "
        "processor."
    )
    write_table(CPUS, ["processor (qemu-user)", "outputs"], rows, outcome)
    print(*(": ".join(row) for row in rows), outcome, sep="\n")


def build(folder: Path, wrapper: list[str], commit: str) -> str | None:
    """Return None, or what went wrong; runs all stages in a clone of a commit on reduced params."""
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach", commit], cwd=folder, check=True)
    reduce_params(folder / "params.yaml")
    for name in ("metrics", "plots", "report"):
        shutil.rmtree(folder / name)
    # One core, as what a process starts would not be emulated.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LOKY_MAX_CPU_COUNT": "1", "PYTHONPATH": "."}
    command = [*wrapper, sys.executable, "-c", ALL_STAGES]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    print(f"{' '.join(wrapper) or 'native'}: exit code {ended.returncode}", flush=True)
    return f"{' '.join(command[:3])}: {ended.stderr[-2000:]}" if ended.returncode else None


def reduce_params(path: Path) -> None:
    """Write the reduced values into a params.yaml, one learning rate for each optimizer."""
    yaml = YAML(typ="safe")
    params = yaml.load(path.read_text("utf-8"))
    for section in filter(lambda section: isinstance(section, dict), params.values()):
        section.update({key: value for key, value in SMALL.items() if key in section})
    for name in params.keys() - REDUCED.keys() - {"optimizer_sweep"}:
        if name.endswith("_sweep"):
            middle = {
                key: value[len(value) // 2 :][:1] for key, value in params[name].items() if isinstance(value, list)
            }
            params[name] |= middle
    for section, values in REDUCED.items():
        params[section] |= values
    sweep = params["optimizer_sweep"]
    sweep["optimizers"] = [
        entry | {"learning_rates": entry["learning_rates"][:1]}
        for entry in sweep["optimizers"]
        if entry["name"] in OPTIMIZERS
    ]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(params, file)


def produced(folder: Path) -> list[str]:
    """Return the paths of the files that the stages wrote, in order."""
    files = (file for name in ("data", "metrics", "models", "plots", "report") for file in (folder / name).rglob("*"))
    return sorted(str(file.relative_to(folder)) for file in files if file.is_file() and file.name != ".gitignore")


if __name__ == "__main__":
    main()
