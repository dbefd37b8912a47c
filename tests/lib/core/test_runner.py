"""The runner: params.yaml in, typed sections out, and one line for each thing that is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import parse_yaml

from stages.lib.core import process, runner
from stages.lib.core.places import Places
from stages.lib.core.runner import Fault, read_params, run, run_with
from stages.params.lr import Lr
from stages.params.lr_sweep import LrSweep
from stages.params.network import Network
from stages.params.network_sweep import NetworkSweep
from stages.params.optimizer_sweep import OptimizerSweep
from stages.params.seed import Seed
from stages.params.training import Training

ROOT = Path(__file__).parents[3]
TYPES = {"seed": Seed, "lr": Lr, "network": Network, "training": Training, "lr_sweep": LrSweep}
SOUND = {
    "seed": 1,
    "lr": 0.1,
    "network": {"hidden_units": [16], "activation": "relu", "kernel_initializer": "he_normal"},
    "training": {"epochs": 10, "batch_size": 32, "optimizer": "sgd", "min_delta": 0.001, "patience": 3},
    "lr_sweep": {"learning_rates": [0.1, 1.0], "budget": 1, "replicates": 2},
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
        ("lr", "0.1", "lr is '0.1': input should be a valid number"),
        ("lr", None, "lr is None: input should be a valid number"),
        ("lr", [0.1], "lr is [0.1]: input should be a valid number"),
        ("seed", 2**32, "seed is 4294967296: input should be less than or equal to 4294967295"),
        ("training.epochs", 0, "training.epochs is 0: input should be greater than or equal to 1"),
        ("training.epochs", 1.5, "training.epochs is 1.5: input should be a valid integer"),
        ("training.batch_size", 200_001, "training.batch_size is 200001: input should be less than or equal to 200000"),
        ("network.hidden_units", [10**9], "network.hidden_units.0 is 1000000000: input should be less than"),
        ("training.epochs", True, "training.epochs is True: input should be a valid integer"),
        ("training.epochs", "10", "training.epochs is '10': input should be a valid integer"),
        ("training.epochs", 10**9, "training.epochs is 1000000000: input should be less than or equal to 10000"),
        ("network", None, "network is None: it must hold hidden_units, activation, kernel_initializer"),
        ("network.hidden_units", 16, "network.hidden_units is 16: input should be a valid list"),
        ("network.kernel_initializer", "he_norm", "did you mean 'he_normal'?"),
        ("network.activation", "rm -rf \n/", "network.activation is 'rm -rf \\n/': must be one of celu, elu"),
        ("network.a\nb", 1, "network.'a\\nb' is not a key"),
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


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "lr_sweep.learning_rates",
            [0.1, 0.1],
            "lr_sweep.learning_rates is [0.1, 0.1]: each value may stand once, but 0.1 stands twice; remove one",
        ),
        ("network", 5, "network is 5: it must hold hidden_units, activation, kernel_initializer"),
        (
            "training",
            {"epochs": 1, "batch_size": 1, "optimizer": "sgd", "patience": 1},
            "training.min_delta is missing; add it",
        ),
        ("training.patience", "x", "training.patience is 'x': input should be a valid integer"),
        ("x" * 100, 1, f"{'x' * 100} is not a key that the study reads; known: seed, lr, network, training, lr_sweep"),
        (
            "x" * 101,
            1,
            f"{'x' * 100}... is not a key that the study reads; known: seed, lr, network, training, lr_sweep",
        ),
    ],
    ids=["twice", "no section", "missing", "no hint", "100 characters", "101 characters"],
)
def test_a_fault_is_this_line(tmp_path: Path, key: str, value: object, line: str) -> None:
    assert faults(tmp_path, changed(key, value)) == [line]


def test_no_name_of_an_argument_steers_the_terminal(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, changed("training.optimizer", {"sgd": {"\x1b[2J": 1}}))
    assert fault.endswith(
        "\\x1b[2J is no argument of sgd that can be given here; it takes momentum, nesterov, weight_decay"
    )


def test_a_number_without_end_is_not_spelt_out(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, yaml.safe_dump(SOUND).replace("seed: 1", f"seed: 0x{'f' * 5000}"))
    assert fault.startswith("seed is a number of thousands of digits: ")


def test_an_entry_of_a_list_is_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    entry = "{name: mine, optimizer: sgdd, learning_rates: [0.1]}"
    path.write_text(f"optimizer_sweep: {{optimizers: [{entry}], replicates: 1}}", "utf-8")
    with pytest.raises(Fault) as caught:
        read_params(path, {"optimizer_sweep": OptimizerSweep})
    line = str(caught.value)
    assert line.startswith(f"{path}: optimizer_sweep.optimizers.0.optimizer is 'sgdd': must be one of adadelta, ")
    assert line.endswith(", sgd; did you mean 'sgd'?")


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("training.momentum", 0.9, "it is an argument of training.optimizer: {sgd: {momentum: 0.9}}"),
        ("training.nesterov", True, "it is an argument of training.optimizer: {sgd: {momentum: 0.9, nesterov: true}}"),
        ("training.learning_rate", 0.1, "the learning rate is the key lr at the top"),
        ("training.lr", 0.1, "the learning rate is the key lr at the top"),
        ("training.optimiser", "sgd", "did you mean training.optimizer?"),
        ("network.dropout", 0.5, "no network here has dropout; weight_decay_sweep asks about weight decay"),
        ("network.units", 8, "network.hidden_units has the units of each layer"),
        ("network.initializer", "zeros", "did you mean network.kernel_initializer?"),
        ("network.activations", "relu", "did you mean network.activation?"),
        ("network.depth", 3, "known: network.hidden_units, network.activation, network.kernel_initializer"),
        ("lr_sweep.lr", 0.1, "known: lr_sweep.learning_rates, lr_sweep.budget, lr_sweep.replicates"),
        ("epochs", 3, "it is a key of training"),
        ("replicates", 3, "it is a key of lr_sweep"),
        ("sed", 3, "did you mean seed?"),
        ("sgd", 3, "known: seed, lr, network, training, lr_sweep"),
        ("momentum", 3, "known: seed, lr, network, training, lr_sweep"),
    ],
)
def test_an_unknown_key_gets_a_hint_that_helps_and_none_that_is_not_near(
    tmp_path: Path, key: str, value: object, hint: str
) -> None:
    assert faults(tmp_path, changed(key, value)) == [f"{key} is not a key that the study reads; {hint}"]


def test_a_key_that_several_sections_have_is_sought_in_each(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("replicates: 3\n", "utf-8")
    with pytest.raises(Fault, match=r"replicates is not a key that the study reads; it is a key of one, other$"):
        read_params(path, {"one": LrSweep, "other": OptimizerSweep}, whole=True)


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    params = SOUND | {"lr": "abc", "seed": -1, "training": {**SOUND["training"], "epochs": 0}}  # type: ignore[dict-item]
    del params["network"]
    lines = faults(tmp_path, yaml.safe_dump(params))
    assert [line.split(" ")[0] for line in lines] == ["seed", "lr", "network", "training.epochs"]


@pytest.mark.parametrize(("text", "held"), [("", "None"), ("- 1", "[1]"), ("just text", "'just text'")])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str, held: str) -> None:
    (fault,) = faults(tmp_path, text)
    keys = "seed, lr, network, training, lr_sweep"
    assert fault == f"holds {held}, but must hold the keys {keys}; `git checkout {tmp_path / 'params.yaml'}`"


def test_other_sections_are_no_fault_where_the_file_is_not_read_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(SOUND), "utf-8")
    assert read_params(tmp_path / "params.yaml", {"seed": Seed}) == {"seed": 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lr: !!python/object/apply:os.getcwd []", "could not determine a constructor for the tag"),
        ("lr: 0.1\nlr: 0.2", 'found duplicate key "lr" with value "0.2" (original value: "0.1"), in line 2, column 1'),
        ("training:\n  epochs: 1\n  epochs: 2", 'found duplicate key "epochs"'),
        ("training:\n\tepochs: 1", "found character that cannot start any token, in line 2, column 1"),
        ("lr: [0.1", "expected ',' or ']'"),
        ("lr: 0.1\n---\nlr: 0.2", "expected a single document"),
        (f"lr: {'9' * 5000}", "digits"),
        ("lr: 2026-13-45", "month must be in 1..12"),
        ("lr: !!bool maybe", "'maybe'"),
        (f"lr: {'[' * 15}", "did not find expected node content, in line 2, column 1"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_in_one_line(tmp_path: Path, text: str, found: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("not YAML in UTF-8: ")
    assert found in fault


def test_a_file_that_holds_no_yaml_at_all_is_told_without_a_place(tmp_path: Path) -> None:
    assert faults(tmp_path, "lr: \x00") == [
        "not YAML in UTF-8: unacceptable character #x0000: control characters are not allowed in "
        '"<unicode string>", position 4'
    ]


def test_a_misspelt_key_gets_one_hint_and_a_strange_one_all_keys(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\nzzz: 2\n", "utf-8")
    with pytest.raises(Fault) as caught:
        read_params(path, {"seed": Seed, "lr": Lr}, whole=True)
    assert str(caught.value).splitlines() == [
        f"{path}: lr is missing; add it",
        f"{path}: zzz is not a key that the study reads; known: seed, lr",
    ]


def test_what_yaml_can_not_build_is_told_with_its_place(tmp_path: Path) -> None:
    tag = "tag:yaml.org,2002:python/object/apply:os.getcwd"
    assert faults(tmp_path, "lr: !!python/object/apply:os.getcwd []") == [
        f"not YAML in UTF-8: could not determine a constructor for the tag '{tag}', in line 1, column 5"
    ]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes("lr: 0.1 # \xe9".encode("latin-1"))
    with pytest.raises(Fault, match=r"not YAML in UTF-8: .*can't decode"):
        read_params(tmp_path / "params.yaml", TYPES)


def test_a_file_that_is_missing_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_params(tmp_path / "params.yaml", TYPES)


def test_a_value_without_end_is_shown_shortened(tmp_path: Path) -> None:
    for value in ("&a [*a]", f"0x{'f' * 5000}", f"[{'1,' * 9999}1]", f"'{'x' * 9999}'"):
        assert len(faults(tmp_path, f"{yaml.safe_dump({**SOUND, 'lr': None})}".replace("null", value))[0]) < 200


@pytest.mark.parametrize(("written", "value"), [("010", 10), ("1_000", 1000), ("+7", 7)])
def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path, written: str, value: int) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"seed: {written}", "utf-8")
    assert read_params(path, {"seed": Seed}) == {"seed": value} == parse_yaml(path.read_text("utf-8"), path)


def test_a_sweep_that_nobody_can_wait_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["network_sweep"]["replicates"] = 1000
    path.write_text(yaml.safe_dump(params), "utf-8")
    with pytest.raises(Fault, match="all combinations are 455,000 networks, but at most 200,000 are allowed"):
        read_params(path, {"network_sweep": NetworkSweep})


def test_check_ends_with_the_faults_and_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("lr: abc\n", "utf-8")
    command = [sys.executable, "-m", "stages.check"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "params.yaml: lr is 'abc'" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_missing_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "stages.figures"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "data/description.json" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The work folder, with sound params."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(SOUND), "utf-8")
    return tmp_path


@pytest.mark.usefixtures("study")
def test_a_page_gets_the_sections_that_it_names_as_their_types_and_the_places() -> None:
    got: dict[str, object] = {}

    def main(lr: Lr, network: Network, *, places: Places) -> None:
        got.update(lr=lr, network=network, places=places)

    run(main)
    assert got == {"lr": 0.1, "network": Network([16], "relu", "he_normal"), "places": Places()}


@pytest.mark.usefixtures("study")
def test_a_page_may_have_its_types_as_text() -> None:
    got = []

    def main(lr: Lr, *, places: Places) -> None:  # noqa: ARG001
        got.append(lr)

    main.__annotations__["lr"] = "Lr"
    run(main)
    assert got == [0.1]


def test_a_page_that_reads_no_params_needs_no_file(study: Path) -> None:
    (study / "params.yaml").unlink()
    got = []

    def main(*, places: Places) -> None:
        got.append(places)

    run(main)
    assert got == [Places()]


def test_params_that_change_while_a_stage_runs_end_it_and_are_named(study: Path) -> None:
    def main(lr: Lr, seed: Seed, *, places: Places) -> None:  # noqa: ARG001
        (study / "params.yaml").write_text(yaml.safe_dump(SOUND | {"lr": 0.2, "seed": 2}), "utf-8")

    with pytest.raises(SystemExit) as ended:
        run(main)
    assert str(ended.value) == (
        "params.yaml: lr changed while the stage ran; `dvc repro` runs it again\n"
        "params.yaml: seed changed while the stage ran; `dvc repro` runs it again"
    )


def test_another_section_may_change_while_a_stage_runs(study: Path) -> None:
    def main(lr: Lr, *, places: Places) -> None:  # noqa: ARG001
        (study / "params.yaml").write_text(yaml.safe_dump(SOUND | {"seed": 2}), "utf-8")

    run(main)


@pytest.mark.usefixtures("study")
def test_an_error_of_the_system_is_told_in_one_line() -> None:
    def main(*, places: Places) -> None:  # noqa: ARG001
        raise OSError("no space\n left")

    with pytest.raises(SystemExit) as ended:
        run(main)
    assert str(ended.value) == "no space left"


def test_a_key_that_nothing_reads_is_a_fault_of_the_whole_file_alone(study: Path) -> None:
    (study / "params.yaml").write_text(yaml.safe_dump(SOUND | {"seeed": 2}), "utf-8")
    got: list[object] = []
    run_with({"seed": Seed}, got.append)
    assert got == [{"seed": 1}]
    with pytest.raises(SystemExit, match=r"params\.yaml: seeed is not a key that the study reads; did you mean seed\?"):
        run_with(TYPES, got.append, whole=True)
    assert len(got) == 1


def test_a_key_that_comes_while_the_whole_file_is_in_use_is_a_fault(study: Path) -> None:
    def main(_: dict[str, object]) -> None:
        (study / "params.yaml").write_text(yaml.safe_dump(SOUND | {"seeed": 2}), "utf-8")

    with pytest.raises(SystemExit, match="seeed is not a key"):
        run_with(TYPES, main, whole=True)


def test_code_that_was_changed_since_the_process_began_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the clock says: it may have been set back, so that another date is a change, and a late one is none."""
    assert runner.changed_code() == []
    places = ROOT / "stages/lib/core/places.py"
    for moved in (-1, 1):
        monkeypatch.setitem(process.DATES, places, places.stat().st_mtime_ns + moved)
        said = "stages/lib/core/places.py changed while the stage ran; `dvc repro` runs it again"
        assert runner.changed_code() == [said]
    monkeypatch.setattr(runner, "DATES", {})
    lines = runner.changed_code()
    assert lines == sorted(lines)
    assert said in lines
    assert all(line.startswith("stages/") for line in lines)


def test_code_that_other_processes_of_the_stage_load_is_watched_by_floors() -> None:
    code = (
        "import stages.networks; from stages.lib.core import runner\n"
        "files = [runner.FLOORS / file for file in ('engine/networks/grid.py', 'publish/drawing.py')]\n"
        "dates = runner.dates_of_code() | dict.fromkeys(files, 0)\n"
        "runner.dates_of_code = lambda: dates\n"
        "print(*runner.changed_code(), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "stages/lib/engine/networks/grid.py changed while the stage ran; `dvc repro` runs it again\n"
