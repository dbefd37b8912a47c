"""What the pages share; knows no page."""
