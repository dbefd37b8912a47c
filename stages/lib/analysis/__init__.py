"""Says what trained networks have shown: measures, statistics, and what a page must declare."""
