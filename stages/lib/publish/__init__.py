"""Draws and writes what was found: pictures, charts and the report. It knows no stage by its name."""
