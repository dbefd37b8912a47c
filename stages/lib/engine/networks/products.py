"""Products of matrices that are the same bits on every processor.

XLA hands a product to Eigen, which cuts a long sum where the processor's first cache is full: after 200 terms
where it holds 16 KiB, 400 at 32, 608 at 48, 816 at 64. No product here leaves it more than `LARGEST_SUM` terms.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

LARGEST_SUM = 128

Gradients = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def product(a: Any, b: Any, *, transpose_a: bool = False) -> tf.Tensor:
    """Return a·b, or aᵀ·b, of the last two axes; the axes before them, if any, must be the same in both.

    A sum of more than `LARGEST_SUM` terms is cut into pieces of equal length, the last filled up with 0, and
    what the pieces sum up to is added in their order. So it is in both gradients. A shorter sum is that of
    `tf.matmul`, to the bit.
    """

    def differentiable(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, Gradients]:
        def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            factors = (b, upstream) if transpose_a else (upstream, b)
            return _matmul(*factors, transpose_b=True), _matmul(a, upstream, transpose_a=not transpose_a)

        return _matmul(a, b, transpose_a=transpose_a), gradients

    return tf.custom_gradient(differentiable)(tf.convert_to_tensor(a), tf.convert_to_tensor(b))


def _matmul(a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False) -> tf.Tensor:
    axes = a.shape.rank - (2 if transpose_a else 1), b.shape.rank - (1 if transpose_b else 2)
    terms = a.shape[axes[0]]
    if terms is not None and terms <= LARGEST_SUM:
        return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    a, b = (_in_pieces(factor, axis) for factor, axis in zip((a, b), axes, strict=True))
    return tf.reduce_sum(tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b), axis=0)


def _in_pieces(factor: tf.Tensor, axis: int) -> tf.Tensor:
    """Return an axis cut into pieces: the new first axis counts them, the old axis has the length of one."""
    shape = tf.shape(factor)  # XLA knows how many rows a batch has, where TensorFlow does not
    terms = shape[axis]
    count = -(-terms // LARGEST_SUM)
    length = -(-terms // count)
    rank = factor.shape.rank
    filled = tf.pad(factor, [(0, count * length - terms if i == axis else 0) for i in range(rank)])
    pieces = tf.reshape(filled, tf.concat([shape[:axis], [count, length], shape[axis + 1 :]], axis=0))
    return tf.transpose(pieces, [axis, *(i for i in range(rank + 1) if i != axis)])
