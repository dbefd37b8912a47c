"""The study in the form of a course assignment: notebooks in Markdown, and in `study` the functions that they call.

An import of it pins the environment, as that of `stages` does, and brings TensorFlow along without its greetings.
"""

from stages.lib.engine import networks  # noqa: F401
