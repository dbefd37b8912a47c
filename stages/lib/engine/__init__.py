"""Trains plans as fleets of networks, on all cores; only its folder `networks` imports TensorFlow."""
