"""Products against sums in float64, and with the bits of plain products where they are short."""

import numpy as np
import pytest
import tensorflow as tf

from stages.lib.engine.networks.products import LARGEST_SUM, product

# (rows, terms, columns): the bound, one more, one that fills no piece evenly, and Eigen's smallest cut twice over.
SHAPES = [(3, LARGEST_SUM, 5), (LARGEST_SUM + 1, 4, 5), (3, 257, 130), (130, 401, 3)]


def factors(shape: tuple[int, int, int], *before: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, terms, columns = shape
    draw = np.random.RandomState(0).standard_normal
    return draw((*before, rows, terms)), draw((*before, terms, columns)), draw((*before, rows, columns))


def with_gradients(a: tf.Tensor, b: tf.Tensor, upstream: tf.Tensor, transpose_a: bool) -> list[tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch((a, b))
        found = product(a, b, transpose_a=transpose_a)
    return [found, *tape.gradient(found, (a, b), output_gradients=upstream)]


@pytest.mark.parametrize("before", [(), (2,)])
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_and_its_gradients_are_those_of_linear_algebra(
    shape: tuple[int, int, int], transpose_a: bool, before: tuple[int, ...]
) -> None:
    a, b, upstream = factors(shape, *before)
    given = a.swapaxes(-1, -2) if transpose_a else a
    compiled = tf.function(with_gradients, jit_compile=True)
    found = compiled(*(tf.constant(some, tf.float32) for some in (given, b, upstream)), transpose_a)
    of_a, of_b = upstream @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ upstream
    for ours, exact in zip(found, (a @ b, of_a.swapaxes(-1, -2) if transpose_a else of_a, of_b), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=0, atol=3e-5)


@pytest.mark.parametrize("terms", [1, 25, LARGEST_SUM])
def test_a_short_sum_has_the_bits_of_a_plain_product(terms: int) -> None:
    a, b, _ = (tf.constant(some, tf.float32) for some in factors((16, terms, 16)))
    plain = tf.function(tf.matmul, jit_compile=True)
    assert tf.reduce_all(tf.function(product, jit_compile=True)(a, b) == plain(a, b))


@pytest.mark.parametrize("rows", [25, LARGEST_SUM])
def test_a_batch_whose_size_only_xla_knows_has_the_bits_of_a_plain_product_where_it_is_small(rows: int) -> None:
    x, kernel, upstream = (tf.constant(some, tf.float32) for some in factors((rows, 16, 3)))

    def of_kernel(x: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            found = product(x, kernel)
        return tape.gradient(found, kernel, output_gradients=upstream)

    any_rows = [tf.TensorSpec((None, 16)), tf.TensorSpec((None, 3))]
    ours = tf.function(of_kernel, any_rows, jit_compile=True)(x, upstream)
    plain = tf.function(lambda a, b: tf.matmul(a, b, transpose_a=True), jit_compile=True)(x, upstream)
    assert tf.reduce_all(ours == plain)


def test_pieces_are_of_equal_length_and_their_sums_are_added_in_order() -> None:
    terms = 2 * LARGEST_SUM + 1
    a, b, _ = factors((3, terms, 5))
    a, b = a.astype(np.float32), b.astype(np.float32)
    plain = tf.function(tf.matmul, jit_compile=True)
    length = -(-terms // 3)
    pieces = [plain(a[:, first : first + length], b[first : first + length]) for first in range(0, terms, length)]
    expected = (pieces[0] + pieces[1]) + pieces[2]
    assert tf.reduce_all(tf.function(product, jit_compile=True)(tf.constant(a), tf.constant(b)) == expected)
