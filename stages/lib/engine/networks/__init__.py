"""Trains many networks as one; the only folder that imports TensorFlow."""

from stages.lib.engine.networks.quiet import quietly

with quietly():
    import tensorflow as tf

    tf.config.list_physical_devices()

# TensorFlow takes it for a mistake that each fleet and each network compiles a program of its own, and warns.
tf.get_logger().setLevel("ERROR")
