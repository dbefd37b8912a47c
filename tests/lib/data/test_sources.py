"""What the section `dataset` asks for: sets that are split by class, scaled by the training points, and described."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from stages.lib.core.runner import Fault
from stages.lib.data.sources import limits_of, points_of, sets_of, sets_of_question
from stages.params.dataset import Dataset
from stages.params.own_sweep import OwnSweep

ASKED = Dataset(
    source="own.csv", points=600, noise=0.1, fraction=1.0, label=None, validation=0.2, test=0.1, standardise=False
)
# Of class a 30 rows, of class b 10: each number tells its row.
ROWS = [f"{row},{1000 + row * row},{'a' if row % 4 else 'b'}" for row in range(40)]


def write(folder: Path, rows: list[str], name: str = "own.csv") -> None:
    (folder / name).write_text("\n".join(["one,two,kind", *rows]) + "\n", "utf-8")


def sets(folder: Path, seed: int = 1, **asked: Any) -> Any:
    return sets_of(replace(ASKED, **asked), seed, folder)


def test_a_table_is_split_by_class_into_three_sets_that_have_all_its_rows_once(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    found = sets(tmp_path)
    sizes = {part: table["kind"].value_counts().to_dict() for part, table in found.parts.items()}
    assert sizes == {"train": {0: 21, 1: 7}, "validation": {0: 6, 1: 2}, "test": {0: 3, 1: 1}}
    rows = pd.concat(found.parts.values())
    assert sorted(rows["one"]) == list(range(40))
    for part in found.parts.values():
        assert part["one"].is_monotonic_increasing  # in the order of the file
        np.testing.assert_array_equal(part["kind"], np.where(part["one"] % 4, 0, 1))
        np.testing.assert_array_equal(part["two"], 1000 + part["one"] ** 2)


def test_points_have_the_digits_that_a_stage_writes() -> None:
    drawn = sets_of(replace(ASKED, source="moons"), 1, Path())
    for part, points in points_of(drawn).items():
        written = [[float(f"{value:.6f}") for value in row] for row in drawn.parts[part][["x1", "x2"]].to_numpy()]
        np.testing.assert_array_equal(points.x, np.array(written, np.float32))
        np.testing.assert_array_equal(points.y[:, 0], drawn.parts[part]["label"])


def test_the_seed_says_which_rows_go_where(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    first, again, other = (sets(tmp_path, seed).parts["test"]["one"].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_columns_are_scaled_by_the_mean_and_deviation_of_the_training_points(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    raw, scaled = sets(tmp_path), sets(tmp_path, standardise=True)
    train = raw.parts["train"]["two"].to_numpy()
    assert scaled.description.mean[1] == pytest.approx(train.mean())
    assert scaled.description.deviation[1] == pytest.approx(np.sqrt(((train - train.mean()) ** 2).mean()))
    for part in ("train", "validation", "test"):
        expected = (raw.parts[part]["two"] - train.mean()) / train.std()
        np.testing.assert_allclose(scaled.parts[part]["two"], expected, rtol=1e-12)
    assert (raw.description.mean, raw.description.deviation) == ((), ())


def test_a_table_is_described_by_its_own_words(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    said = sets(tmp_path).description
    assert (said.title, said.features, said.classes, said.rows) == ("own", ("one", "two"), ("a", "b"), 28)
    assert said.about == "a and b by 2 columns of own.csv"
    assert said.named(1) == "b"


def test_classes_that_are_whole_numbers_stand_in_the_order_of_their_size(tmp_path: Path) -> None:
    write(tmp_path, [f"{row},{row},{(10, 9, -1)[row % 3]}" for row in range(30)])
    assert sets(tmp_path).description.classes == ("-1", "9", "10")


def test_other_tables_may_hold_the_validation_and_the_test_points(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    (tmp_path / "held.csv").write_text("kind,two,one\nb,5,6\na,7,8\n", "utf-8")
    (tmp_path / "last.csv").write_bytes((tmp_path / "held.csv").read_bytes())
    found = sets(tmp_path, validation="held.csv", test="last.csv")
    assert len(found.parts["train"]) == 40
    for part in ("validation", "test"):
        assert found.parts[part].to_dict("list") == {"one": [6, 8], "two": [5, 7], "kind": [1, 0]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one,kind\n1,a\n", "it has no column 'two', other than own.csv; both must have the same columns"),
        ("one,two,three,kind\n1,2,3,a\n", "it has the column 'three', other than own.csv"),
        ("one,two,kind\n1,2,a\n1,2,c\n", "line 3, column 'kind' holds 'c', but must hold one of those of the training"),
    ],
)
def test_another_table_that_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, ROWS)
    (tmp_path / "held.csv").write_text(text, "utf-8")
    with pytest.raises(Fault, match=said):
        sets(tmp_path, validation="held.csv")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1,2,a", "2,3,a", "3,4,a"], r"column 'kind' holds 1 label \('a'\), but must hold from 2 to 20"),
        ([f"{row},{row},{row}" for row in range(21)], "column 'kind' holds 21 labels, but must hold from 2 to 20"),
        (["1,2,a", "2,3,a", "3,4,a", "4,5,b", "5,6,b"], "class 'b' has 2 rows, too few to have one in each of train, "),
        (["7,2,a", "7,3,a", "7,4,a", "7,5,b", "7,6,b", "7,8,b"], "column 'one' holds 7 in all training points"),
    ],
)
def test_a_table_that_cant_be_learned_from_is_refused(tmp_path: Path, rows: list[str], said: str) -> None:
    write(tmp_path, rows)
    with pytest.raises(Fault, match=said):
        sets(tmp_path)


def test_a_smaller_fraction_has_rows_of_the_larger_and_leaves_the_other_sets(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    whole, half, few = (sets(tmp_path, fraction=share).parts for share in (1.0, 0.5, 0.1))
    kept = [set(parts["train"]["one"]) for parts in (few, half, whole)]
    assert kept[0] < kept[1] < kept[2]
    assert half["train"]["kind"].value_counts().to_dict() == {0: 10, 1: 4}  # of 21 and 7
    assert few["train"]["kind"].value_counts().to_dict() == {0: 2, 1: 1}
    pd.testing.assert_frame_equal(whole["test"], few["test"])


@pytest.mark.parametrize(
    ("least", "greatest", "ends"),
    [
        (-1.55, 1.6, (-2.0, 2.0)),
        (0.0, 8.0, (-1.0, 9.0)),
        (0.0, 0.0016, (-0.0002, 0.0018)),
        (100.0, 900.0, (0.0, 1000.0)),
    ],
)
def test_pictures_end_at_whole_steps_beyond_the_points(
    least: float, greatest: float, ends: tuple[float, float]
) -> None:
    (found,) = limits_of(pd.DataFrame({"x": [least, greatest], "label": 0}))
    assert found == pytest.approx(ends)


@pytest.mark.parametrize("source", ["circles", "gaussians", "moons", "spirals", "xor"])
def test_the_classics_have_the_number_of_points_that_is_asked_for_and_noise_moves_them(source: str) -> None:
    drawn = {noise: sets_of(replace(ASKED, source=source, noise=noise), 1, Path()).parts for noise in (0.01, 0.3)}
    for parts in drawn.values():
        assert {part: len(table) for part, table in parts.items()} == dict.fromkeys(
            ("train", "validation", "test"), 600
        )
        for table in parts.values():
            assert table["label"].value_counts().min() > 200
    assert not np.allclose(drawn[0.01]["train"], drawn[0.3]["train"])
    assert not np.allclose(drawn[0.3]["train"], drawn[0.3]["test"])


def test_without_noise_the_classics_lie_where_their_formulas_say() -> None:
    def places(source: str) -> tuple[np.ndarray, np.ndarray]:
        table = sets_of(replace(ASKED, source=source, noise=0.0), 1, Path()).parts["train"]
        return table[["x1", "x2"]].to_numpy(), table["label"].to_numpy()

    x, label = places("circles")
    np.testing.assert_allclose(np.hypot(*x.T), np.where(label, 0.5, 1.0))
    x, label = places("moons")
    middles = np.where(label[:, np.newaxis], [[1, 0.5]], [[0, 0]])
    np.testing.assert_allclose(np.hypot(*(x - middles).T), 1)
    x, label = places("xor")
    np.testing.assert_array_equal(label == 1, x[:, 0] * x[:, 1] < 0)
    assert np.abs(x).max() <= 1
    x, label = places("gaussians")
    np.testing.assert_array_equal(x, np.where(label[:, np.newaxis], 1.0, -1.0).repeat(2, axis=1))
    x, label = places("spirals")
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * 1.75 * radius + np.pi * label
    np.testing.assert_allclose(x, radius[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1), atol=1e-12)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_tables_that_nobody_here_wrote_are_taken(tmp_path: Path, name: str) -> None:
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    table = bunch.data.assign(target=bunch.target_names[bunch.target])
    table.to_csv(tmp_path / "own.csv", index=False)
    found = sets(tmp_path, standardise=True)
    assert list(found.description.features) == list(bunch.data)
    assert sorted(found.description.classes) == sorted(bunch.target_names)
    assert sum(map(len, found.parts.values())) == len(table)
    json.dumps(found.description.limits)


@pytest.mark.parametrize("value", ["0.1", "1000.7", "1e-60"])
def test_a_column_of_one_value_is_refused_whatever_the_value(tmp_path: Path, value: str) -> None:
    write(tmp_path, [f"{row},{value},{'ab'[row % 2]}" for row in range(20)])
    with pytest.raises(Fault, match=r"column 'two' holds .* in all training points, to 32-bit numbers"):
        sets(tmp_path)


def test_all_columns_of_one_value_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, [f"3,5,{'ab'[row % 2]}" for row in range(20)])
    with pytest.raises(Fault, match="columns 'one', 'two' hold one value each in all training points"):
        sets(tmp_path)


def test_a_fraction_of_the_points_has_the_scale_and_the_limits_of_all_of_them(tmp_path: Path) -> None:
    rare = [f"{row},{int(row < 2)},{'ab'[row % 2]}" for row in range(200)]  # no row of a small part may have a 1
    write(tmp_path, rare)
    whole, few = (sets(tmp_path, fraction=share, standardise=True) for share in (1.0, 0.05))
    assert few.description.mean == whole.description.mean
    assert few.description.deviation == whole.description.deviation
    assert few.description.limits == whole.description.limits
    pd.testing.assert_frame_equal(few.parts["validation"], whole.parts["validation"])
    kept = few.parts["train"]
    pd.testing.assert_frame_equal(kept, whole.parts["train"].loc[kept.index])


@pytest.mark.parametrize("key", ["noise", "points"])
def test_a_question_that_changes_nothing_of_the_points_is_refused(key: str) -> None:
    question = OwnSweep(f"dataset.{key}", [0.1, 0.2] if key == "noise" else [30, 40], [], 1)
    for source, changes in (("ring_and_y", False), ("own.csv", False), ("moons", True)):
        if changes:
            assert len(sets_of_question(question, replace(ASKED, source=source), 1, Path())) == 2
        else:
            with pytest.raises(Fault, match=rf"own_sweep.vary is dataset.{key}, which changes nothing of {source}"):
                sets_of_question(question, replace(ASKED, source=source), 1, Path())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"validation": 0.5, "test": 0.5}, "which leaves nothing to learn from; their sum must be below 1"),
        ({"validation": "own.csv"}, "one is named twice"),
        ({"source": "moons", "test": "held.csv"}, "can be tables only where the source is one, and it is moons"),
    ],
)
def test_shares_and_tables_that_do_not_go_together_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(ASKED, **changed)
