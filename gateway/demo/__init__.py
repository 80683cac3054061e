"""One market day from wire to wire: a real gateway process, the roles around it, a report."""
