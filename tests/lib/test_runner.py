"""The runner: params.yaml in, typed sections out, and one line for each thing that is wrong."""

import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest
import yaml

from stages import figures
from stages.lib.runner import Fault, read_params
from stages.params.lr import Lr
from stages.params.lr_sweep import LrSweep
from stages.params.network import Network
from stages.params.seed import Seed
from stages.params.training import Training

ROOT = Path(__file__).parents[2]
TYPES = {"seed": Seed, "lr": Lr, "network": Network, "training": Training, "lr_sweep": LrSweep}
SOUND = {
    "seed": 1,
    "lr": 0.1,
    "network": {"hidden_units": [16], "activation": "relu", "kernel_initializer": "he_normal"},
    "training": {"epochs": 10, "batch_size": 32, "min_delta": 0.001, "patience": 3},
    "lr_sweep": {"learning_rates": [0.1, 1.0], "replicates": 2},
}


def faults(folder: Path, text: str) -> list[str]:
    path = folder / "params.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(Fault) as caught:
        read_params(path, TYPES, whole=True)
    return [line.removeprefix(f"{path}: ") for line in str(caught.value).splitlines()]


def changed(key: str, value: object) -> str:
    """The sound params as YAML, with one key as it follows `-S` set to another value."""
    params = yaml.safe_load(yaml.safe_dump(SOUND))
    *sections, last = key.split(".")
    place = params
    for section in sections:
        place = place[section]
    place[last] = value
    return yaml.safe_dump(params)


def test_sections_come_as_their_types(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(SOUND), "utf-8")
    params = read_params(path, TYPES)
    assert params["network"] == Network([16], "relu", "he_normal")
    assert params["lr"] == 0.1


@pytest.mark.parametrize("written", ["1e-06", "1e-6", "0.000001"])
def test_a_rate_as_dvc_writes_it_is_a_number(tmp_path: Path, written: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"lr: {written}", "utf-8")
    assert read_params(path, {"lr": Lr}) == {"lr": 1e-6}


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("lr", "abc", "lr is 'abc': input should be a valid number"),
        ("lr", -1, "lr is -1: input should be greater than 0"),
        ("lr", float("nan"), "lr is nan: input should be a finite number"),
        ("lr", True, "lr is True: input should be a valid number"),
        ("lr", [0.1], "lr is [0.1]: input should be a valid number"),
        ("seed", 2**32, "seed is 4294967296: input should be less than or equal to 4294967295"),
        ("training.epochs", 0, "training.epochs is 0: input should be greater than or equal to 1"),
        ("training.epochs", 1.5, "training.epochs is 1.5: input should be a valid integer"),
        ("training.batch_size", 1210, "training.batch_size is 1210: input should be less than or equal to 1209"),
        ("network.hidden_units", [10**9], "network.hidden_units.0 is 1000000000: input should be less than"),
        ("network.activation", "rleu", "did you mean 'relu'?"),
        ("network.depth", 3, "network.depth is not a key that the study reads"),
        ("training.epoch", 3, "did you mean training.epochs?"),
        ("learning_rate", 0.1, "learning_rate is not a key that the study reads"),
        ("lr_sweep.learning_rates", [], "lr_sweep.learning_rates is []"),
        ("lr_sweep.learning_rates", [0.1, 0.1], "0.1 stands twice"),
    ],
)
def test_a_fault_names_the_key_the_value_and_what_is_allowed(
    tmp_path: Path, key: str, value: object, line: str
) -> None:
    (fault,) = faults(tmp_path, changed(key, value))
    assert line in fault


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    params = SOUND | {"lr": "abc", "seed": -1, "training": {**SOUND["training"], "epochs": 0}}  # type: ignore[dict-item]
    del params["network"]
    lines = faults(tmp_path, yaml.safe_dump(params))
    assert [line.split(" ")[0] for line in lines] == ["seed", "lr", "network", "training.epochs"]


@pytest.mark.parametrize("text", ["", "- 1", "just text"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert "must hold the keys" in fault


def test_a_tag_that_would_build_an_object_is_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "lr: !!python/object/apply:os.getcwd []")
    assert "not YAML" in fault


def test_check_ends_with_the_faults_and_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("lr: abc\n", "utf-8")
    command = [sys.executable, "-m", "stages.check", "--ok", "ok"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "params.yaml: lr is 'abc'" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "ok").exists()


def test_a_file_that_is_missing_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text("utf-8"), "utf-8")
    names = [name for name in signature(figures.main).parameters if name != "prediction_grid"]
    words = [word for name in names for word in (f"--{name.replace('_', '-')}", "nowhere.csv")]
    command = [sys.executable, "-m", "stages.figures", *words]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "nowhere.csv" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
