"""The engine, against plain Keras networks that are trained by plain Keras."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from stages.lib.core.places import Places
from stages.lib.core.plan import SHARD, Initializer
from stages.lib.core.points import Draws, Points, read_points
from stages.lib.engine.networks.fleet import Fleet, Member, batch_orders, initial_kernels
from stages.params.network import Activation
from tests.lib.engine.clouds import clouds

GLOROT = Initializer("glorot_uniform")
MEMBER = Member(hidden_units=(16, 16), kernel_initializer=GLOROT, learning_rate=0.1, seed=1)
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "SGD": keras.optimizers.SGD,
    "momentum": partial(keras.optimizers.SGD, momentum=0.9),
    "Nesterov": partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "RMSprop": keras.optimizers.RMSprop,
    "Adagrad": keras.optimizers.Adagrad,
    "Adadelta": keras.optimizers.Adadelta,
    "Adam": keras.optimizers.Adam,
    "AdamW": partial(keras.optimizers.AdamW, weight_decay=0.1),
    "Adamax": keras.optimizers.Adamax,
    "Nadam": keras.optimizers.Nadam,
    "Lion": keras.optimizers.Lion,
}


def make_fleet(
    members: list[Member],
    points: Points | Draws,
    optimizer: str = "SGD",
    activation: Activation | tuple[Activation, ...] = "relu",
    classes: int = 2,
    validation: Draws | None = None,
) -> Fleet:
    learned = points if isinstance(points, Draws) else Draws.of(points)
    return Fleet(
        members,
        activation=activation,
        optimizer=OPTIMIZERS[optimizer],
        train=learned,
        validation=validation or learned,
        classes=classes,
    )


def drawn(points: Points, size: int) -> Draws:
    """Three draws of a set, in an order of their own."""
    orders = [np.random.RandomState(draw).permutation(len(points))[:size] for draw in range(3)]
    return Draws(points, np.stack(orders).astype(np.int32))


def held(draws: Draws, draw: int) -> Points:
    """The points of a draw."""
    rows = draws.rows[draw]
    return Points(draws.points.x[rows], draws.points.y[rows])


def weights(fleet: Fleet) -> list[list[np.ndarray]]:
    return [fleet.weights_of(member) for member in range(len(fleet.members))]


def assert_same_bits(some: list[np.ndarray], others: list[np.ndarray]) -> None:
    assert [values.tobytes() for values in some] == [values.tobytes() for values in others]


def plain_network(fleet: Fleet, member: int, optimizer: str) -> keras.Sequential:
    """A member as Keras's own layers, with Keras's own penalty; the last metric is the loss without the penalty."""
    network = fleet.network(member)
    penalty = {"kernel_regularizer": keras.regularizers.L2(fleet.members[member].l2)}
    layers = [keras.layers.Dense.from_config(layer.get_config() | penalty) for layer in network.layers]
    plain = keras.Sequential([keras.Input(network.input_shape[1:]), *layers])
    plain.set_weights(network.get_weights())
    rate = fleet.members[member].learning_rate
    loss = "binary_crossentropy" if plain.output_shape[1] == 1 else "sparse_categorical_crossentropy"
    plain.compile(OPTIMIZERS[optimizer](rate), loss, metrics=["accuracy", loss], run_eagerly=True)  # without XLA
    return plain


@pytest.mark.parametrize(
    ("optimizer", "penalties"),
    [
        ("SGD", (0.0, 0.0, 0.0)),
        ("AdamW", (0.0, 0.0, 0.0)),
        ("momentum", (0.1, 0.0, 1.0)),
        ("Adam", (0.0, 0.1, 0.01)),
    ],
)
def test_each_member_learns_as_a_plain_network_does(
    optimizer: str, penalties: tuple[float, float, float], points: Points
) -> None:
    assert_learns_as_plain_networks(Draws.of(points), 2, optimizer, penalties)


@pytest.mark.parametrize(("inputs", "classes", "optimizer"), [(2, 2, "SGD"), (5, 3, "Adam")])
def test_so_it_does_from_its_own_draw_of_the_points(inputs: int, classes: int, optimizer: str) -> None:
    draws = drawn(clouds(inputs, classes), 80)
    assert_learns_as_plain_networks(draws, classes, optimizer, (0.0, 0.01, 0.1), (2, 0, 1))


@pytest.mark.parametrize(
    ("inputs", "classes", "optimizer"),
    [
        (1, 2, "SGD"),
        (200, 3, "Adam"),
        *(
            pytest.param(*kind, marks=pytest.mark.long)
            for kind in ((64, 10, "momentum"), (5, 3, "Adam"), (5, 2, "momentum"), (2, 4, "SGD"))
        ),
    ],
)
def test_so_it_does_with_any_number_of_inputs_and_classes(inputs: int, classes: int, optimizer: str) -> None:
    assert_learns_as_plain_networks(Draws.of(clouds(inputs, classes)), classes, optimizer, (0.0, 0.01, 0.1))


def assert_learns_as_plain_networks(
    draws: Draws,
    classes: int,
    optimizer: str,
    penalties: tuple[float, float, float],
    draw_of: tuple[int, int, int] = (0, 0, 0),
) -> None:
    members = [
        Member((16, 13), GLOROT, 0.01, 1, penalties[0], draw_of[0]),
        Member((15, 16), Initializer("he_normal"), 0.02, 2, penalties[1], draw_of[1]),
        Member((16, 16), Initializer("orthogonal", {"gain": 0.5}), 0.005, 3, penalties[2], draw_of[2]),
    ]
    validation = replace(draws, rows=draws.rows[:, 10:])
    learned, judged = ([held(some, draw) for draw in draw_of] for some in (draws, validation))
    fleet = make_fleet(members, draws, optimizer, ("tanh", "softplus"), classes, validation)
    plain = [plain_network(fleet, i, optimizer) for i in range(len(members))]
    curves = fleet.train(epochs=3, batch_size=32)

    own_rows = np.arange(draws.size)
    orders = batch_orders([(member.seed, own_rows) for member in members], batch_size=32, epochs=3)
    losses = np.zeros((3, len(members)))
    for epoch, (order,) in enumerate(orders.as_numpy_iterator()):
        for step, rows_of_members in enumerate(order):
            for i, network in enumerate(plain):
                rows = rows_of_members[i][: draws.size - step * 32]
                *_, loss = network.train_on_batch(learned[i].x[rows], learned[i].y[rows])
                network.reset_metrics()
                losses[epoch, i] += loss * len(rows) / draws.size

    for i, network in enumerate(plain):
        for ours, theirs in zip(fleet.weights_of(i), network.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
        _, accuracy, loss = network.evaluate(judged[i].x, judged[i].y, batch_size=len(judged[i]), verbose=0)
        np.testing.assert_allclose(curves["val_loss"][-1, i], loss, rtol=1e-4)
        assert curves["val_accuracy"][-1, i] == pytest.approx(accuracy)
    np.testing.assert_allclose(curves["loss"], losses, rtol=1e-4)


def test_a_penalty_shrinks_the_kernels_and_no_bias(points: Points) -> None:
    """Without a gradient of the loss, an update of SGD takes 2 * l2 times the learning rate of a kernel away."""
    nowhere = Points(np.zeros_like(points.x), points.y)
    members = [replace(MEMBER, hidden_units=(), l2=l2) for l2 in (0.0, 0.25, 0.5)]
    fleet = make_fleet(members, nowhere)
    before = fleet.weights_of(0)[0]
    fleet.train(epochs=1, batch_size=50)
    for member, left in enumerate((1.0, 0.95**2, 0.9**2)):  # two updates at a rate of 0.1
        kernel, bias = fleet.weights_of(member)
        np.testing.assert_allclose(kernel, before * left, rtol=1e-6)
        assert_same_bits([bias], [fleet.weights_of(0)[1]])


def test_a_batch_larger_than_the_points_is_all_of_them(points: Points) -> None:
    full, larger = make_fleet([MEMBER], points), make_fleet([MEMBER], points)
    expected, curves = full.train(epochs=2, batch_size=100), larger.train(epochs=2, batch_size=100_000)
    assert_same_bits(list(curves.values()), list(expected.values()))
    assert_same_bits(larger.weights_of(0), full.weights_of(0))


def test_members_of_one_seed_visit_the_points_alike_and_each_has_the_bits_that_it_has_alone(points: Points) -> None:
    members = [replace(MEMBER, seed=seed, learning_rate=rate) for seed, rate in ((1, 0.1), (2, 0.1), (1, 0.3))]
    together = make_fleet(members, points)
    together.train(epochs=2, batch_size=32)
    for number in range(3):
        alone = make_fleet([members[number]], points)
        alone.train(epochs=2, batch_size=32)
        assert_same_bits(together.weights_of(number), alone.weights_of(0))


@pytest.mark.parametrize("places", [[5], pytest.param([0, 4, 8], marks=pytest.mark.long)])
def test_a_member_has_the_same_bits_in_company_of_other_draws_and_alone_on_the_points_of_its_own(
    places: list[int],
) -> None:
    train, validation = drawn(clouds(2, 2), 80), drawn(clouds(2, 2), 70)
    members = [replace(MEMBER, seed=seed, draw=draw) for seed in (1, 2, 3) for draw in (0, 1, 2)]
    together = make_fleet(members, train, validation=validation)
    start = together.judge(train)["loss"]
    curves = together.train(epochs=3, batch_size=32)
    for place in places:
        draw = members[place].draw
        only = [Draws.of(held(some, draw)) for some in (train, validation)]
        for learned, judged in ((train, validation), only):
            alone = make_fleet([members[place]], learned, validation=judged)
            assert alone.judge(learned)["loss"] == start[place]
            found = alone.train(epochs=3, batch_size=32)
            assert_same_bits(alone.weights_of(0), together.weights_of(place))
            assert_same_bits([v[:, 0] for v in found.values()], [v[:, place] for v in curves.values()])


def test_members_of_one_seed_differ_in_their_draw_alone() -> None:
    """They start alike and visit their own points in the same order: equal draws end in the same bits."""
    draws = drawn(clouds(2, 2), 80)
    same = replace(draws, rows=draws.rows[[0, 1, 1]])
    fleet = make_fleet([replace(MEMBER, draw=draw) for draw in (0, 1, 2)], same)
    first, *others = weights(fleet)
    for other in others:
        assert_same_bits(other, first)
    fleet.train(epochs=2, batch_size=32)
    first, second, third = weights(fleet)
    assert_same_bits(second, third)
    assert first[0].tobytes() != second[0].tobytes()
    ((orders,),) = batch_orders([(1, np.arange(12)), (1, np.arange(12) + 50)], batch_size=4, epochs=1)
    np.testing.assert_array_equal(orders[:, 1], orders[:, 0] + 50)


def test_an_epoch_visits_every_row_once_in_an_order_of_each_seeds_own() -> None:
    rows = np.arange(10)
    (first,), (second,) = batch_orders([(1, rows), (2, rows)], batch_size=4, epochs=2).as_numpy_iterator()
    assert first.shape == (3, 2, 4)
    for epoch in (first, second):
        for seed in range(2):
            visited = epoch[:, seed].ravel()
            assert sorted(visited[:10]) == list(range(10))
            assert visited[10:].tolist() == [0, 0]
    assert not np.array_equal(first[:, 0], first[:, 1])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(("l2", "company"), [(0.0, [(2, 0), (50, 25)]), (0.001, [(3, 2)])])
def test_a_member_has_the_same_bits_alone_and_in_company(
    l2: float, company: list[tuple[int, int]], points: Points
) -> None:
    member = replace(MEMBER, l2=l2)
    alone = make_fleet([member], points)
    expected = alone.train(epochs=5, batch_size=32)
    for size, place in company:
        others = [replace(MEMBER, seed=seed, learning_rate=0.01 * seed, l2=l2 * seed) for seed in range(2, size + 1)]
        together = make_fleet([*others[:place], member, *others[place:]], points)
        curves = together.train(epochs=5, batch_size=32)
        assert_same_bits(together.weights_of(place), alone.weights_of(0))
        assert_same_bits([v[:, place] for v in curves.values()], [v[:, 0] for v in expected.values()])


@pytest.mark.parametrize(
    ("hidden_units", "batch_size", "sizes"),
    [
        pytest.param((16, 16), 512, (2, 3, 5, 50), marks=pytest.mark.long),
        pytest.param((16, 16), 1209, (2, 5), marks=pytest.mark.long),
        pytest.param((260, 132), 150, (2,), marks=pytest.mark.long),
        ((16, 16), 1209, (50,)),
        ((260, 132), 150, (5,)),
    ],
)
def test_company_changes_no_bit_where_sums_are_cut_into_pieces(
    hidden_units: tuple[int, ...], batch_size: int, sizes: tuple[int, ...], data: Places
) -> None:
    points = read_points(data.points("train"), 2)
    member = replace(MEMBER, hidden_units=hidden_units)
    alone = make_fleet([member], points)
    expected = alone.train(epochs=1, batch_size=batch_size)
    for size in sizes:
        others = [replace(member, seed=seed, learning_rate=0.01 * seed) for seed in range(2, size + 1)]
        company = make_fleet([*others, member], points)
        curves = company.train(epochs=1, batch_size=batch_size)
        assert_same_bits(company.weights_of(-1), alone.weights_of(0))
        assert_same_bits([v[:, -1] for v in curves.values()], [v[:, 0] for v in expected.values()])


@pytest.mark.parametrize(
    ("inputs", "classes", "hidden_units", "batch_size", "company"),
    [
        (3, 3, (), 32, [(3, 1)]),
        (64, 10, (8,), 500, [(50, 25)]),
        *(
            pytest.param(*kind, [(2, 0), (3, 1), (50, 25)], marks=pytest.mark.long)
            for kind in (
                (3, 3, (), 32),
                (1, 2, (4,), 32),
                (5, 3, (16, 16), 32),
                (64, 10, (8,), 500),
                (300, 20, (12,), 32),
            )
        ),
    ],
)
def test_company_changes_no_bit_with_any_number_of_inputs_and_classes(
    inputs: int, classes: int, hidden_units: tuple[int, ...], batch_size: int, company: list[tuple[int, int]]
) -> None:
    points = clouds(inputs, classes, rows=500)
    member = replace(MEMBER, hidden_units=hidden_units)
    alone = make_fleet([member], points, "Adam", classes=classes)
    start = alone.judge(Draws.of(points))["loss"]
    expected = alone.train(epochs=2, batch_size=batch_size)
    for size, place in company:
        others = [replace(member, seed=seed, learning_rate=0.001 * seed) for seed in range(2, size + 1)]
        together = make_fleet([*others[:place], member, *others[place:]], points, "Adam", classes=classes)
        assert together.judge(Draws.of(points))["loss"][place] == start[0]
        curves = together.train(epochs=2, batch_size=batch_size)
        assert_same_bits(together.weights_of(place), alone.weights_of(0))
        assert_same_bits([v[:, place] for v in curves.values()], [v[:, 0] for v in expected.values()])


@pytest.mark.long
@pytest.mark.parametrize("hidden_units", [(), (4,), (8, 8), (12, 12, 12)])
def test_a_member_has_the_same_bits_in_a_full_shard(hidden_units: tuple[int, ...], points: Points) -> None:
    member = replace(MEMBER, hidden_units=hidden_units)
    alone = make_fleet([member], points, "Adam", activation="tanh")
    expected = alone.train(epochs=5, batch_size=100)
    others = [replace(member, seed=seed, learning_rate=0.001 * seed) for seed in range(2, SHARD + 1)]
    for place in (0, SHARD // 2, SHARD - 1):
        company = make_fleet([*others[:place], member, *others[place:]], points, "Adam", activation="tanh")
        curves = company.train(epochs=5, batch_size=100)
        assert_same_bits(company.weights_of(place), alone.weights_of(0))
        assert_same_bits([v[:, place] for v in curves.values()], [v[:, 0] for v in expected.values()])


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_no_member_moves_with_the_gradient_of_another(optimizer: str, points: Points) -> None:
    fleets = [
        make_fleet([MEMBER, replace(MEMBER, seed=seed, learning_rate=rate)], points, optimizer)
        for seed, rate in ((2, 0.1), (3, 10.0))
    ]
    for fleet in fleets:
        fleet.train(epochs=2, batch_size=32)
    assert_same_bits(fleets[0].weights_of(0), fleets[1].weights_of(0))
    assert fleets[0].weights_of(1)[0].tobytes() != fleets[1].weights_of(1)[0].tobytes()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_optimizer_moves_one_weight_with_the_gradient_of_another(optimizer: str) -> None:
    moved = []
    for other in (0.5, -30.0):
        weights = keras.Variable(np.ones((2, 3, 3), np.float32))
        trained = OPTIMIZERS[optimizer](0.1)
        for _ in range(3):
            trained.apply(
                [keras.ops.convert_to_tensor(np.full((2, 3, 3), [[[0.5]], [[other]]], np.float32))], [weights]
            )
        moved.append(np.asarray(weights))
    assert moved[0][0].tobytes() == moved[1][0].tobytes()
    assert moved[0][1].tobytes() != moved[1][1].tobytes()


def test_masked_units_leave_a_narrow_member_as_it_would_be_without_them(points: Points) -> None:
    narrow = replace(MEMBER, hidden_units=(13, 14))
    together = make_fleet([narrow, MEMBER], points, activation="sigmoid")
    together.train(epochs=5, batch_size=32)
    kernel = together.trainable_variables[0].numpy()
    assert not kernel[0, :, 13:].any()
    assert kernel[1, :, 13:].all()
    alone = make_fleet([narrow], points, activation="sigmoid")
    alone.train(epochs=5, batch_size=32)
    assert_same_bits(together.weights_of(0), alone.weights_of(0))


def test_a_network_without_hidden_units_draws_a_straight_line(points: Points) -> None:
    fleet = make_fleet([replace(MEMBER, hidden_units=())], points)
    fleet.train(epochs=1, batch_size=32)
    network = fleet.network(0)
    kernel, bias = network.get_weights()
    expected = 1 / (1 + np.exp(-(points.x @ kernel + bias)))
    np.testing.assert_allclose(network.predict(points.x, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize(("inputs", "classes", "outputs"), [(2, 2, 1), (100, 10, 10)])
def test_initial_kernels_are_drawn_on_the_shape_of_a_network_of_its_own(
    inputs: int, classes: int, outputs: int
) -> None:
    kernels = initial_kernels(replace(MEMBER, hidden_units=(400, 300)), inputs, classes)
    assert [kernel.shape for kernel in kernels] == [(inputs, 400), (400, 300), (300, outputs)]
    for kernel in kernels:  # Glorot and Bengio (2010): uniform within sqrt(6 / (fan in + fan out))
        limit = np.sqrt(6 / sum(kernel.shape))
        assert 0.9 * limit < np.abs(kernel).max() <= limit


@pytest.mark.parametrize(("inputs", "classes"), [(2, 2), (64, 10)])
def test_a_network_taken_out_answers_as_its_member(inputs: int, classes: int) -> None:
    points = clouds(inputs, classes)
    fleet = make_fleet([MEMBER, replace(MEMBER, seed=9)], points, activation=("relu", "elu"), classes=classes)
    fleet.train(epochs=2, batch_size=32)
    judged = fleet.judge(Draws.of(points))
    for i in range(2):
        loss, accuracy = fleet.network(i).evaluate(points.x, points.y, verbose=0)
        assert judged["loss"][i] == pytest.approx(loss, rel=1e-5)
        assert judged["accuracy"][i] == pytest.approx(accuracy)


def test_keras_history_has_the_means_of_the_fleet_under_its_own_names(points: Points) -> None:
    fleet = make_fleet([MEMBER, replace(MEMBER, seed=9)], points)
    curves = fleet.train(epochs=2, batch_size=32)
    for name, values in curves.items():
        assert values.shape == (2, 2)
        np.testing.assert_allclose(fleet.history.history[name], values.mean(axis=1), rtol=1e-6)


def test_several_epochs_in_one_step_of_keras_give_the_same_bits(points: Points) -> None:
    members = [MEMBER, replace(MEMBER, seed=9)]
    one, several = make_fleet(members, points, "Adam"), make_fleet(members, points, "Adam")
    expected = one.train(epochs=6, batch_size=32)
    curves = several.train(epochs=6, batch_size=32, epochs_per_step=3)
    assert_same_bits(list(curves.values()), list(expected.values()))
    assert_same_bits(several.weights_of(1), one.weights_of(1))


def test_epochs_that_do_not_fit_into_steps_are_refused(points: Points) -> None:
    with pytest.raises(ValueError, match="`epochs_per_step` is 4, but must divide `epochs`, which is 6"):
        make_fleet([MEMBER], points).train(epochs=6, batch_size=32, epochs_per_step=4)


def test_members_that_pad_to_other_widths_are_refused(points: Points) -> None:
    with pytest.raises(ValueError, match="same `padded_units`"):
        make_fleet([MEMBER, replace(MEMBER, hidden_units=(17, 16))], points)
