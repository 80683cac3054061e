"""Random gates, a gateway in process that decides them, and a reader of what it published."""
