"""The one place that plugs the rooms together."""
