"""What the pages share, in floors: core; engine and analysis on core; publish on analysis."""
