"""What a shard of a plan becomes."""

from stages.lib.engine.networks import shard


def test_fewer_epochs_make_a_step_where_orders_would_fill_the_memory() -> None:
    assert shard.epochs_at_once(200, 10 * 1209) == 50
    assert shard.epochs_at_once(20, 10 * 1209) == 20
    assert shard.epochs_at_once(20, 2_000_000) == 5
    assert shard.epochs_at_once(9, 2_000_000) == 3
    assert shard.epochs_at_once(20, 400 * 100_000) == 1
