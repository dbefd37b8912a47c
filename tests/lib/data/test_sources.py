"""What the section `dataset` asks for: sets that are split by class, scaled by the training points, and described."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from stages.lib.core.files import write_csv
from stages.lib.core.plan import point_seeds
from stages.lib.core.points import PARTS, Draws, Points, read_points
from stages.lib.core.runner import Fault
from stages.lib.data.drawn import SOURCES
from stages.lib.data.sources import draws_of, draws_of_question, limits_of, points_of, sets_of, varied_by
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
    assert half["train"]["kind"].value_counts().to_dict() == {0: 11, 1: 3}  # of 21 and 7
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
        return SOURCES[source].draw(np.random.RandomState(1), 600, 0.0)  # before it is rounded

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
            assert len(varied_by(question, replace(ASKED, source=source))) == 2
        else:
            with pytest.raises(Fault, match=rf"own_sweep.vary is dataset.{key}, which changes nothing of {source}"):
                varied_by(question, replace(ASKED, source=source))


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


def draws(folder: Path, replicates: int = 3, seed: int = 1, **asked: Any) -> dict[str, Draws]:
    return draws_of(replace(ASKED, **asked), seed, folder, replicates)


def held(drawn: Draws, draw: int) -> Points:
    """The points of a draw."""
    return Points(drawn.points.x[drawn.rows[draw]], drawn.points.y[drawn.rows[draw]])


def on_disk(folder: Path, part: str, seed: int, **asked: Any) -> Points:
    """The points that the stage `dataset` writes as CSV, as they are read."""
    found = sets(folder, seed, **asked)
    write_csv(found.parts[part], folder / "written.csv", float_format=found.float_format)
    return read_points(folder / "written.csv", len(found.description.classes))


def assert_same_points(some: Points, others: Points) -> None:
    assert (some.x.tobytes(), some.y.tobytes()) == (others.x.tobytes(), others.y.tobytes())


@pytest.mark.parametrize("fraction", [1.0, 0.3])
@pytest.mark.parametrize("source", ["circles", "gaussians", "moons", "ring_and_y", "spirals", "xor", "own.csv"])
def test_the_first_draw_is_what_is_on_disk_bit_for_bit(tmp_path: Path, source: str, fraction: float) -> None:
    values = np.random.RandomState(0).standard_cauchy((300, 2)) * [1, 1e-5]
    write(tmp_path, [f"{one!r},{two!r},{'abc'[row % 3]}" for row, (one, two) in enumerate(values.tolist())])
    asked: dict[str, Any] = {"source": source, "fraction": fraction, "standardise": True}
    found = draws(tmp_path, **asked)
    for part, drawn in found.items():
        assert_same_points(held(drawn, 0), on_disk(tmp_path, part, 1, **asked))


@pytest.mark.parametrize("source", ["ring_and_y", "moons", "xor"])
def test_each_draw_of_a_drawn_source_has_the_points_that_its_seed_draws(tmp_path: Path, source: str) -> None:
    found = draws(tmp_path, seed=5, source=source)
    for draw, seed in enumerate(point_seeds(5, 3)):
        for part, drawn in found.items():
            assert_same_points(held(drawn, draw), on_disk(tmp_path, part, seed, source=source))
    rows = np.concatenate([drawn.rows.ravel() for drawn in found.values()])
    assert len(np.unique(rows)) == len(rows)  # no point is in two draws, nor learned from and judged by


def test_each_draw_of_a_table_is_another_split_with_as_many_rows_of_each_class(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    found = draws(tmp_path, replicates=10)
    first = sets(tmp_path).parts
    learned = set()
    for draw in range(10):
        train, validation = held(found["train"], draw), held(found["validation"], draw)
        numbers = [points.x[:, 0].tolist() for points in (train, validation)]
        for points, part, count in ((train, "train", [21, 7]), (validation, "validation", [6, 2])):
            assert (
                np.bincount(points.y[:, 0].astype(int)).tolist() == count == np.bincount(first[part]["kind"]).tolist()
            )
            assert (np.diff(points.x[:, 0]) > 0).all() or draw  # the first is in the order of the file
            np.testing.assert_array_equal(points.y[:, 0], np.where(points.x[:, 0] % 4, 0, 1))
            np.testing.assert_array_equal(points.x[:, 1], 1000 + points.x[:, 0] ** 2)
        assert sorted(numbers[0] + numbers[1]) == sorted([*first["train"]["one"], *first["validation"]["one"]])
        learned.add(tuple(sorted(numbers[0])))
    assert len(learned) == 10


@pytest.mark.parametrize("source", ["own.csv", "moons", "xor"])
def test_what_is_held_out_to_the_end_is_in_no_other_set(tmp_path: Path, source: str) -> None:
    write(tmp_path, ROWS)
    found = draws(tmp_path, replicates=10, source=source)
    test = found["test"].rows
    assert not {*test.ravel()} & {*found["train"].rows.ravel(), *found["validation"].rows.ravel()}
    assert (test == test[0]).all() == (source == "own.csv")  # the rows of a table that are held out stay so


@pytest.mark.parametrize("test", ["last.csv", 0.1])
def test_where_the_user_has_split_the_table_all_draws_have_the_same_rows(tmp_path: Path, test: str | float) -> None:
    write(tmp_path, ROWS)
    write(tmp_path, ROWS[:9], "held.csv")
    write(tmp_path, ROWS[:5], "last.csv")
    asked: dict[str, Any] = {"validation": "held.csv", "test": test}
    for part, drawn in draws(tmp_path, **asked).items():
        for draw in range(3):
            assert_same_points(held(drawn, draw), on_disk(tmp_path, part, 1, **asked))


def test_a_test_of_the_users_own_leaves_the_table_to_be_split_anew(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    write(tmp_path, ROWS[:5], "last.csv")
    found = draws(tmp_path, test="last.csv")
    assert sorted(found["train"].rows[1].tolist() + found["validation"].rows[1].tolist()) == list(range(40))
    assert set(found["train"].rows[0]) != set(found["train"].rows[1])


@pytest.mark.parametrize("source", ["xor", "own.csv"])
def test_shares_of_a_draw_have_one_size_and_the_larger_holds_the_smaller(tmp_path: Path, source: str) -> None:
    """The quadrants of `xor` hold another number of points in each draw."""
    write(tmp_path, ROWS)
    asked = replace(ASKED, source=source, points=30)
    shares = [round(0.01 * percent, 2) for percent in range(1, 101)]
    found = draws_of_question(OwnSweep("dataset.fraction", shares, [], 1), asked, 1, tmp_path, 8)
    before: list[set[int]] = [set()] * 8
    for name, share in zip(found, shares, strict=True):
        train = found[name]["train"]
        assert train.size == len(sets_of(replace(asked, fraction=share), 1, tmp_path).parts["train"])
        for draw, rows in enumerate(train.rows):
            kept = set(rows.tolist())
            assert len(kept) == train.size
            assert before[draw] <= kept
            assert set(train.points.y[rows, 0]) == {0, 1}
            before[draw] = kept
    np.testing.assert_array_equal(found["0"]["validation"].rows, found["99"]["validation"].rows)
    whole = draws_of(asked, 1, tmp_path, 8)["train"]
    assert before == [set(rows.tolist()) for rows in whole.rows]


def test_a_share_has_of_each_class_what_is_due_to_it_to_one_row(tmp_path: Path) -> None:
    for share in (0.1, 0.25, 0.5, 0.77):
        train = draws(tmp_path, source="xor", fraction=share)["train"]
        whole = draws(tmp_path, source="xor")["train"]
        for draw in range(3):
            kept, all_points = (np.bincount(held(some, draw).y[:, 0].astype(int)) for some in (train, whole))
            assert np.abs(kept - share * all_points).max() <= 1


@pytest.mark.parametrize(("key", "values"), [("noise", [0.1, 0.3]), ("points", [40, 60]), ("fraction", [0.2, 1.0])])
def test_each_value_of_a_question_of_the_points_has_its_draws(tmp_path: Path, key: str, values: list[Any]) -> None:
    asked = replace(ASKED, source="moons")
    found = draws_of_question(OwnSweep(f"dataset.{key}", values, [], 1), asked, 1, tmp_path, 2)
    assert list(found) == ["0", "1"]
    for value, of_value in zip(values, found.values(), strict=True):
        expected = draws_of(replace(asked, **{key: value}), 1, tmp_path, 2)
        for part in PARTS:
            for draw in (0, 1):
                assert_same_points(held(of_value[part], draw), held(expected[part], draw))
    assert draws_of_question(OwnSweep("lr", [0.1], [], 1), asked, 1, tmp_path, 2) == {}


def test_more_draws_leave_the_first_ones_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    for source in ("own.csv", "xor"):
        few, many = (draws(tmp_path, replicates=replicates, source=source) for replicates in (2, 5))
        for part in few:
            np.testing.assert_array_equal(few[part].rows, many[part].rows[:2])
            for draw in (0, 1):
                assert_same_points(held(few[part], draw), held(many[part], draw))
