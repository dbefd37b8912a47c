"""`check` against whatever may stand in params.yaml: accepted as it is, or refused in one line per fault."""

import json
import re
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import parse_yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stages import check
from stages.lib.analysis.needs import Rows
from stages.lib.analysis.page import pages, sections
from stages.lib.core.places import Places
from stages.lib.core.runner import Fault, read_params, run_with
from stages.params.dataset import Dataset
from tests.arbitrary_params import PARAMS, any_params, tiny_params

TYPES = sections()
KEY = r"[^\n]+?"
LINE = re.compile(
    rf"params\.yaml: ({KEY} is [^\n]+: [^\n]+|{KEY} is missing; add it"
    rf"|{KEY} is not a key that the study reads; [^\n]+"
    rf"|not YAML in UTF-8: [^\n]+|holds [^\n]+, but must hold the keys [^\n]+)"
)
ANY = settings(
    deadline=None,
    derandomize=True,  # the same cases each time
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def outcome(folder: Path, content: bytes) -> list[str]:
    """Returns the lines with which `check` ends, none if it accepts; it is called as DVC calls it."""
    (folder / "params.yaml").write_bytes(content)
    places = Places()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        former = places.plan("former")  # which goes where new plans are written
        former.parent.mkdir(parents=True, exist_ok=True)
        former.touch()
        said: object = ""
        try:
            run_with(TYPES, lambda params: check.main(params, places=places), whole=True)
        except SystemExit as ended:
            said = ended.code
        assert former.exists() == bool(said)
    return str(said).split("\n") if said else []


def as_written(value: Any) -> Any:
    """Returns what was read as what YAML holds, with types, so that 1 is not True."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_written(item) for item in value]
    return ("truth", value) if isinstance(value, bool) else value


def refuse_anything_but_a_clear_word(folder: Path, params: Any) -> None:
    text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True)
    lines = outcome(folder, text.encode())
    if lines:
        for line in lines:
            assert LINE.fullmatch(line), line
            assert line.isprintable()
            assert len(line) < 1_000
    else:
        read = read_params(folder / "params.yaml", TYPES, whole=True)
        assert as_written(read) == as_written(parse_yaml(text, "params.yaml"))  # what DVC notes


@settings(ANY, max_examples=100)
@given(params=any_params())
def test_any_params_are_accepted_as_they_are_or_refused_in_a_line_for_each_fault(
    params: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    refuse_anything_but_a_clear_word(tmp_path_factory.getbasetemp(), params)


@pytest.mark.long
@settings(ANY, max_examples=5_000)
@given(params=any_params())
def test_five_thousand_params_are_accepted_as_they_are_or_refused(
    params: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    refuse_anything_but_a_clear_word(tmp_path_factory.getbasetemp(), params)


@settings(ANY, max_examples=200)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_refused_in_a_line_for_each_fault(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = outcome(tmp_path_factory.getbasetemp(), content)
    assert lines
    assert all(LINE.fullmatch(line) for line in lines), lines


@settings(ANY, max_examples=25)
@given(params=tiny_params())
def test_sound_params_are_accepted(params: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert outcome(tmp_path_factory.getbasetemp(), yaml.safe_dump(params).encode()) == []


def test_the_params_of_the_study_are_accepted_and_each_key_is_needed(tmp_path: Path) -> None:
    assert outcome(tmp_path, yaml.safe_dump(PARAMS).encode()) == []
    for section in PARAMS:
        without = {key: value for key, value in PARAMS.items() if key != section}
        assert outcome(tmp_path, yaml.safe_dump(without).encode()) == [f"params.yaml: {section} is missing; add it"]


def test_faults_of_several_sections_come_together(tmp_path: Path) -> None:
    params = PARAMS | {"lr": -1, "seed": "x", "callbacks_demo": {**PARAMS["callbacks_demo"], "patience": 0}}
    lines = outcome(tmp_path, yaml.safe_dump(params).encode())
    assert {line.split()[1] for line in lines} == {"seed", "lr", "callbacks_demo.patience"}


def test_a_fault_is_raised_in_the_words_that_the_process_ends_with(tmp_path: Path) -> None:
    content = yaml.safe_dump(PARAMS | {"lr": 0}).encode()
    (line,) = outcome(tmp_path, content)
    with pytest.raises(Fault, match="lr is 0: input should be greater than 0") as caught:
        read_params(tmp_path / "params.yaml", TYPES)
    assert str(caught.value).endswith(line.removeprefix("params.yaml"))


def test_sound_params_give_a_plan_for_each_page_and_leave_that_of_no_former_one(tmp_path: Path) -> None:
    assert outcome(tmp_path, yaml.safe_dump(PARAMS).encode()) == []
    written = sorted(path.stem for path in (tmp_path / "data/plans").iterdir())
    assert written == sorted(["replicates", *(page.stage for page in pages())])
    drawn = json.loads((tmp_path / "data/plans/replicates.json").read_text("utf-8"))
    assert drawn == {
        page.stage: PARAMS.get(page.stage, {}).get("replicates", 1)
        for page in pages()
        if page.stage != "callbacks_demo"
    } | {"smallest_network": PARAMS["smallest_network"]["most_restarts"]}


def test_a_value_that_is_nested_and_large_is_named_in_a_short_line(tmp_path: Path) -> None:
    large = {"a" * 20: {"b" * 20: [["c" * 20] * 6] * 6}, "d" * 20: [["e" * 20] * 6] * 6}
    asked = PARAMS | {"own_sweep": PARAMS["own_sweep"] | {"values": [large]}}
    (line,) = outcome(tmp_path, yaml.safe_dump(asked).encode())
    assert re.search(r"own_sweep is \{.+: values holds \{.+, which can't be dataset.fraction", line)
    assert len(line) < 500


def test_what_is_refused_leaves_the_former_plans(tmp_path: Path) -> None:
    assert outcome(tmp_path, yaml.safe_dump(PARAMS).encode()) == []
    assert outcome(tmp_path, yaml.safe_dump(PARAMS | {"lr": 0}).encode())
    assert {path.stem for path in (tmp_path / "data/plans").iterdir()} > {page.stage for page in pages()}


def test_the_points_of_an_own_question_are_counted_without_making_them() -> None:
    asked = Dataset(**PARAMS["dataset"] | {"points": 1000, "fraction": 0.5})
    rows = Rows(train=500, validation=1000)
    assert check.rows_of(replace(asked, noise=0.1), asked, rows) == rows
    assert check.rows_of(replace(asked, fraction=0.001), asked, rows) == Rows(1, 1000)
    assert check.rows_of(replace(asked, points=3000), asked, rows) == Rows(1500, 3000)


def test_what_is_much_is_told_and_what_is_too_much_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = PARAMS | {"baseline": {"snapshots": 100}, "training": PARAMS["training"] | {"epochs": 1000}}
    assert outcome(tmp_path, yaml.safe_dump(asked).encode()) == []
    assert "What the params ask for needs some " in capsys.readouterr().out
    asked["network"] = PARAMS["network"] | {"hidden_units": [1024] * 8}
    lines = outcome(tmp_path, yaml.safe_dump(asked).encode())
    assert lines
    assert all(LINE.fullmatch(line) for line in lines), lines
