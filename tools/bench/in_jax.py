"""The engine's work in JAX, as its documentation would have it: `vmap` over members, `scan` over steps, `jit`."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Layers = list[tuple[Any, Any]]


def fleet(
    members: int,
    x: np.ndarray,
    y: np.ndarray,
    *,
    hidden_units: Sequence[int],
    rate: float,
    size: int,
    epochs: int,
) -> Callable[[], None]:
    """Return the work, compiled: so many epochs of SGD for all members, judged on all points after each."""
    widths = (2, *hidden_units, 1)
    random = np.random.RandomState(0)
    layers = [
        (random.uniform(-0.5, 0.5, (members, *shape)).astype(np.float32), np.zeros((members, shape[1]), np.float32))
        for shape in pairwise(widths)
    ]
    steps = -(-len(x) // size)

    def scored(layers: Layers, rows: Any) -> tuple[Any, Any, Any]:
        present = (rows >= 0).astype(jnp.float32)
        rows = jnp.maximum(rows, 0)
        values, labels = jnp.asarray(x)[rows], jnp.asarray(y)[rows, 0]
        for kernel, bias in layers[:-1]:
            values = jax.nn.relu(values @ kernel + bias)
        logits = (values @ layers[-1][0] + layers[-1][1])[:, 0]
        loss = jnp.maximum(logits, 0) - logits * labels + jnp.log1p(jnp.exp(-jnp.abs(logits)))
        return (loss * present).sum(), (((logits > 0) == (labels > 0.5)) * present).sum(), present.sum()

    def mean_loss(layers: Layers, rows: Any) -> tuple[Any, Any]:
        loss, hits, count = scored(layers, rows)
        return loss / count, (loss, hits)

    def step(layers: Layers, rows: Any) -> tuple[Layers, Any]:
        gradients, sums = jax.grad(mean_loss, has_aux=True)(layers, rows)
        return jax.tree.map(lambda value, gradient: value - rate * gradient, layers, gradients), sums

    def epoch(layers: Layers, orders: Any) -> tuple[Layers, Any]:
        layers, sums = jax.lax.scan(step, layers, orders)
        everything = jnp.asarray(batches(np.arange(len(x))[np.newaxis], steps, size)[:, 0])
        _, judged = jax.lax.scan(lambda _, rows: (None, scored(layers, rows)), None, everything)
        return layers, [sum_.sum() / len(x) for sum_ in (*sums, *judged[:2])]

    compiled = jax.jit(jax.vmap(epoch, in_axes=(0, 1)), donate_argnums=0)

    def work() -> None:
        generators = [np.random.RandomState(seed) for seed in range(members)]
        state = jax.tree.map(jnp.array, layers)
        for _ in range(epochs):
            orders = np.array([generator.permutation(len(x)) for generator in generators])
            state, curves = compiled(state, batches(orders, steps, size))
            np.asarray(curves[0])

    work()
    return work


def batches(orders: np.ndarray, steps: int, size: int) -> np.ndarray:
    """Return row numbers, shape (members, rows), as (steps, members, size), -1 where the last batch is short."""
    padded = np.full((len(orders), steps * size), -1, np.int32)
    padded[:, : orders.shape[1]] = orders
    return padded.reshape(len(orders), steps, size).swapaxes(0, 1)
