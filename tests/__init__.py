"""Tests of the pages, of what they share, and of the pipeline; they mirror stages/."""
