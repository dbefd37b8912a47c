"""Trains many networks as one; the only folder that imports TensorFlow."""

import gc

from stages.lib.engine.networks.importing import quietly, without

gc.disable()  # what is imported stays: to look through a million objects, now and at the end, takes a third of the time
# Keras imports these two where they are installed, for wrappers and a gallery that nobody here calls: a fifth of its
# time. Its own wrappers stay without them; who imports them later gets them.
with quietly(), without("sklearn", "matplotlib.pyplot"):
    import keras  # noqa: F401
    import tensorflow as tf

    tf.config.list_physical_devices()
gc.freeze()
gc.enable()

# TensorFlow takes it for a mistake that each fleet and each network compiles a program of its own, and warns.
tf.get_logger().setLevel("ERROR")
