"""Measures, against figures worked out by hand."""

import math
from itertools import pairwise

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from stages.lib.analysis.measures import (
    ACTIVATIONS,
    constant_loss,
    dead_units,
    diverged,
    gradient_norms,
    kernel_norm,
    plateau_epoch,
    summary,
)
from stages.lib.core.points import Points
from stages.params.training import Training


def rule(min_delta: float, patience: int) -> Training:
    return Training(epochs=10, batch_size=1, optimizer="sgd", min_delta=min_delta, patience=patience)


def test_summary_has_the_standard_deviation_of_a_sample() -> None:
    assert summary(np.array([1.0, 2.0, 6.0])) == {"mean": 3, "std": math.sqrt(7), "min": 1, "max": 6, "n": 3}
    of_one = summary(np.array([4.0]))
    assert math.isnan(of_one.pop("std"))
    assert of_one == {"mean": 4, "min": 4, "max": 4, "n": 1}


def test_a_summary_is_computed_in_float64_and_warns_of_nothing() -> None:
    assert summary(np.array([2**24, 1, 1], np.float32))["mean"] == (2**24 + 2) / 3  # float32 has no 2 ** 24 + 1
    for values in ([np.inf, 1.0], [1e308, 1e308]):
        assert math.isinf(summary(np.array(values))["mean"])


def test_the_plateau_begins_at_the_first_epoch_that_later_ones_hardly_better() -> None:
    loss = np.array([1.0, 0.5, 0.3, 0.25, 0.24, 0.235])
    assert plateau_epoch(loss, rule(min_delta=0.1, patience=2)) == 3
    assert plateau_epoch(loss, rule(min_delta=0.01, patience=1)) == 4 + 1  # 0.24 to 0.235


def test_a_gain_of_just_min_delta_is_no_plateau() -> None:
    assert plateau_epoch(np.array([1.0, 0.75, 0.5]), rule(min_delta=0.25, patience=1)) is None


def test_a_bump_does_not_end_a_fall() -> None:
    loss = np.array([1.0, 0.5, 0.6, 0.2, 0.2, 0.2])
    assert plateau_epoch(loss, rule(min_delta=0.1, patience=2)) == 4


def test_there_is_no_plateau_before_patience_has_passed_or_while_the_loss_falls() -> None:
    flat = np.ones(3)
    assert plateau_epoch(flat, rule(min_delta=0.1, patience=3)) is None
    assert plateau_epoch(np.array([4.0, 3.0, 2.0, 1.0]), rule(min_delta=0.1, patience=1)) is None
    assert plateau_epoch(np.full(5, np.nan), rule(min_delta=0.1, patience=1)) is None


def test_the_constant_answer_of_a_third_against_two_thirds() -> None:
    points = Points(np.zeros((3, 2), np.float32), np.array([[0], [0], [1]], np.float32))
    assert constant_loss(points) == pytest.approx(math.log(3) - 2 / 3 * math.log(2), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([0.5, 0.1], False),  # learned
        ([0.6999, 0.6998], False),  # slow: above the constant answer, but it has only ever fallen
        ([0.6, 0.65], True),  # rose above the constant answer
        ([0.68, 0.6834], True),  # by half a per cent
        ([0.68, 0.6803], False),  # by less than a thousandth, which may be rounding
        ([1e12, 38.0], True),  # fell, but from where the first step threw it
        ([0.6, math.nan], True),
        ([0.6, math.inf], True),
        ([5.0, 0.4], False),  # came back
        ([5.0, 0.635], False),  # to the constant answer itself
    ],
)
def test_divergence_is_a_rise_that_ends_above_the_constant_answer(loss: list[float], expected: bool) -> None:
    assert diverged(np.array([loss]), start=np.array([0.7]), constant=0.635).tolist() == [expected]


def test_a_run_that_rose_makes_no_other_run_diverge() -> None:
    loss = np.array([[0.69, 0.68], [0.6, 0.65]])
    assert diverged(loss, start=np.array([0.7, 0.7]), constant=0.635).tolist() == [False, True]


def test_a_relu_unit_is_dead_where_no_point_brings_it_above_0() -> None:
    """Of the first layer one unit answers to the first point, and one to neither."""
    points = Points(np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32), np.zeros((2, 1), np.float32))
    weights = [np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, -0.5]), np.array([[-1.0], [3.0]]), np.array([0.5])]
    output = [np.ones((1, 1)), np.zeros(1)]
    assert dead_units([*weights, *output], points) == 1
    assert dead_units([*weights[:3], np.array([0.0]), *output], points) == 2
    assert dead_units(output, points) == 0
    for lost in (np.nan, np.inf, -np.inf):  # a network that has diverged is not dead, and no warning is shown
        assert dead_units([np.full((2, 2), lost), np.zeros(2), *weights[2:], *output], points) == 0


def test_the_norm_is_that_of_all_kernels_and_of_no_bias() -> None:
    assert kernel_norm([np.array([[1.0, 2.0]]), np.array([9.0, 9.0]), np.array([[2.0], [4.0]]), np.array([9.0])]) == 5


def test_a_gradient_of_one_layer_is_that_of_the_formula() -> None:
    """Of a logistic regression at 0 each answer is 1/2, so that the gradient is the mean of (1/2 - y) x."""
    points = Points(np.array([[1, 2], [3, 4], [-1, 0]], np.float32), np.array([[0], [1], [1]], np.float32))
    found = gradient_norms([np.zeros((2, 1)), np.zeros(1)], [], points)
    assert found.tolist() == pytest.approx([np.hypot(0.5 * (1 - 3 + 1) / 3, 0.5 * (2 - 4 - 0) / 3)])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("activations", [*([name] * 3 for name in ACTIVATIONS), ["relu", "sigmoid", "tanh"]], ids=str)
def test_gradients_are_those_of_small_steps(activations: list[str], classes: int) -> None:
    random, widths = np.random.RandomState(3), [2, 4, 3, 2, classes if classes > 2 else 1]
    points = Points(
        random.normal(size=(20, 2)).astype(np.float32), random.randint(classes, size=(20, 1)).astype(np.float32)
    )
    weights = [random.normal(size=shape) for pair in pairwise(widths) for shape in (pair, pair[1:])]

    def loss() -> float:
        values = points.x.astype(float)
        for kernel, bias, name in zip(weights[:-2:2], weights[1:-2:2], activations, strict=True):
            values = ACTIVATIONS[name][0](values @ kernel + bias)
        logits = values @ weights[-2] + weights[-1]
        logits = logits if classes > 2 else np.hstack([np.zeros_like(logits), logits])
        return float(-log_softmax(logits, axis=1)[range(20), points.y[:, 0].astype(int)].mean())

    expected = []
    for kernel in weights[::2]:
        slopes = np.empty_like(kernel)
        for place in np.ndindex(*kernel.shape):
            kernel[place] += 1e-6
            above = loss()
            kernel[place] -= 2e-6
            slopes[place] = (above - loss()) / 2e-6
            kernel[place] += 1e-6
        expected.append(np.linalg.norm(slopes))
    assert gradient_norms(weights, activations, points) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_whose_slope_is_known_have_kerass_values(name: str) -> None:
    x = np.linspace(-30, 30, 101, dtype=np.float32)
    assert ACTIVATIONS[name][0](x.astype(float)) == pytest.approx(np.asarray(keras.activations.get(name)(x)), rel=1e-5)


def test_a_network_may_have_each_activation_in_one_of_its_layers() -> None:
    points = Points(np.full((1, 2), 0.5, np.float32), np.ones((1, 1), np.float32))
    hidden = [np.eye(2), np.zeros(2)] * len(ACTIVATIONS)
    assert np.isfinite(gradient_norms([*hidden, np.ones((2, 1)), np.ones(1)], [*ACTIVATIONS], points)).all()


def test_of_an_activation_without_a_slope_no_gradient_is_told() -> None:
    points = Points(np.ones((1, 2), np.float32), np.ones((1, 1), np.float32))
    weights = [np.ones((2, 2)), np.ones(2), np.ones((2, 1)), np.ones(1)]
    assert np.isnan(gradient_norms(weights, ["gelu"], points)).tolist() == [True, True]
    assert np.isnan(gradient_norms([weights[0] * np.nan, *weights[1:]], ["relu"], points)).all()
