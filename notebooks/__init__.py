"""The study as a course would set it: notebooks in Markdown, and in `study` the functions that they call."""
