"""The sections of params.yaml: one module each, with the type of the section and its allowed values.

They import pydantic alone, so that a fault in params.yaml is found without loading TensorFlow.
"""
