"""docs/your-own-points.md: every command that it names is asked for, every refusal that it quotes is provoked."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from sklearn import datasets

from stages import check
from stages.lib.analysis.page import pages, sections
from stages.lib.core.places import Places
from stages.lib.core.plan import read_plan
from stages.lib.core.runner import run_with
from stages.lib.data.sources import sets_of
from stages.params.dataset import Dataset
from tests.measured import ROOT, params

PAGE = (ROOT / "docs/your-own-points.md").read_text("utf-8")
COMMANDS = re.findall(r"^dvc exp run (.+)$", PAGE, flags=re.MULTILINE)
ROWS = re.findall(r"^\| (.+?) \| `(.+)` \|$", PAGE, flags=re.MULTILINE)
REFUSALS = {what: said for what, said in ROWS if not what.startswith("`")}
ASKED = [(what.strip("`"), said) for what, said in ROWS if what.startswith("`")]

HEADER = "height,width,kind\n"
SOUND = [f"{row},{row * row % 7},{'red' if row % 2 else 'blue'}\n" for row in range(20)]
TABLES: dict[str, str | bytes] = {
    "a missing value": f"{HEADER}1.5,,red\n{''.join(SOUND)}",
    "text in a column of numbers": f"{HEADER}1.5,tall,red\n{''.join(SOUND)}",
    "a decimal comma": f"{HEADER}1.5,2,red\n{''.join(SOUND)}".replace(",", ";").replace("1.5", "1,5"),
    "no header": "".join(SOUND).replace("red", "1").replace("blue", "0"),
    "two columns of one name": f"{HEADER.replace('width', 'height')}{''.join(SOUND)}",
    "a column without a name": f"{HEADER.replace('width', '')}{''.join(SOUND)}",
    "a row with too few values": f"{HEADER}1.5,red\n{''.join(SOUND)}",
    "a row without a label": f"{HEADER}1.5,2,\n{''.join(SOUND)}",
    "a measure as label": "kind,height,width\n" + "".join(f"red,1,{row}.5\n" for row in range(20)),
    "one class": f"{HEADER}{''.join(SOUND)}".replace("blue", "red"),
    "too many classes": HEADER + "".join(f"{row},{row % 3},c{row}\n" for row in range(21)),
    "a class with too few rows": f"{HEADER}{''.join(SOUND)}1,2,green\n",
    "a column that is the same in all rows": HEADER
    + "".join(f"{n},7,{'red' if n % 2 else 'blue'}\n" for n in range(20)),
    "another encoding": f"{HEADER}{''.join(SOUND)}".replace("red", "ros\xe9").encode("latin-1"),
    "an Excel workbook": b"PK\x03\x04\x14\0\x06\0",
    "no rows": HEADER,
    "an open quote": f'{HEADER}1,2,"red\n{"".join(SOUND)}',
    "a value beyond 32 bits": f"{HEADER}1e39,2,red\n{''.join(SOUND)}",
}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the params of the study, and a sound table in three files."""
    (tmp_path / "data/own").mkdir(parents=True)
    for name in ("yours.csv", "chosen_by.csv", "held_out.csv"):
        (tmp_path / "data/own" / name).write_text(f"{HEADER}{''.join(SOUND)}", "utf-8")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*overrides: str) -> list[str]:
    """The lines with which `check` refuses the params after some `-S`, none where it accepts them."""
    if overrides:
        apply_overrides("params.yaml", list(overrides))
    try:
        run_with(sections(), lambda params: check.main(params, places=Places()), whole=True)
    except SystemExit as ended:
        return str(ended.code).splitlines()
    return []


def overrides_of(command: str) -> list[str]:
    words = shlex.split(command)
    assert words[::2] == ["-S"] * (len(words) // 2)
    return words[1::2]


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_accepted(command: str) -> None:
    assert said(*overrides_of(command)) == []


def test_the_page_quotes_each_refusal_that_is_tried() -> None:
    assert list(REFUSALS) == list(TABLES)


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_cant_be_taken_is_refused_as_the_page_says_and_nothing_is_removed(study: Path, what: str) -> None:
    assert said() == []
    before = sorted((study / "data").rglob("*"))
    content = TABLES[what]
    (study / "data/own/yours.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said("dataset.source=yours.csv") == [f"data/own/yours.csv: {REFUSALS[what]}"]
    assert sorted((study / "data").rglob("*")) == before


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(("asked", "refusal"), ASKED)
def test_what_is_asked_for_and_is_not_there_is_refused_as_the_page_says(asked: str, refusal: str) -> None:
    if ": " in asked:
        (section, key), value = asked.partition(": ")[0].split("."), asked.partition(": ")[2]
        values = yaml.safe_load(Path("params.yaml").read_text("utf-8"))
        values[section][key] = yaml.safe_load(value)
        Path("params.yaml").write_text(yaml.safe_dump(values), "utf-8")
        (line,) = said()
    else:
        source = [] if "source" in asked else ["dataset.source=yours.csv"]
        (line,) = said(*source, asked)
    assert line.endswith(refusal)


def test_the_entry_of_the_page_may_stand_in_the_sweep_of_optimizers() -> None:
    (entry,) = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.+?)```", PAGE, flags=re.DOTALL))
    listed = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["optimizer_sweep"]["optimizers"]
    found = params(optimizer_sweep={"optimizers": [*listed, *entry]})["optimizer_sweep"]
    assert found.optimizers[-1].name == "momentum_0.95"


def test_the_table_of_the_page_is_read(study: Path) -> None:
    (table,) = re.findall(r"```csv\n(.+?)```", PAGE, flags=re.DOTALL)
    rows = table.splitlines()
    (study / "data/own/yours.csv").write_text("\n".join([rows[0], *(rows[1:] * 3)]).replace("1.5", "1.25", 1), "utf-8")
    asked = Dataset("yours.csv", 600, 0.1, 1.0, None, 0.2, 0.2, standardise=True)
    found = sets_of(asked, 42, study / "data/own").description
    assert (found.features, found.classes) == (("height", "width", "weight"), ("cat", "dog"))


def test_a_table_of_ten_columns_and_three_classes_makes_every_plan(study: Path) -> None:
    x, y = datasets.make_classification(300, 10, n_informative=6, n_classes=3, random_state=0)
    write_table(study / "data/own/cells.csv", x, np.array(["benign", "doubtful", "malignant"])[y])
    assert said("dataset.source=cells.csv") == []
    for path in (study / "data/plans" / f"{page.stage}.json" for page in pages()):
        recipes = {(each.recipe.inputs, each.recipe.classes) for each in read_plan(path).variants}
        assert recipes == {(10, 3)}, path.name


def write_table(path: Path, x: Any, labels: Any) -> None:
    pd.DataFrame(x, columns=[f"c{number}" for number in range(x.shape[1])]).assign(kind=labels).to_csv(
        path, index=False
    )
