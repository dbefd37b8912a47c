"""Runs a page: its params, paths, process, environment, files and points, and what is to be trained."""
