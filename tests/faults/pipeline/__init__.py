"""A pipeline of seconds: the house's runner and writers, without TensorFlow."""
