"""Trains many networks as one; the only folder that imports TensorFlow."""

import gc

from stages.lib.engine.networks.quiet import quietly

gc.disable()  # what is imported stays: to look through a million objects, now and at the end, takes a third of the time
with quietly():
    import keras  # noqa: F401
    import tensorflow as tf

    tf.config.list_physical_devices()
gc.freeze()
gc.enable()

# TensorFlow takes it for a mistake that each fleet and each network compiles a program of its own, and warns.
tf.get_logger().setLevel("ERROR")
