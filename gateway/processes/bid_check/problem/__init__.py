"""From all that is held for a gate to the problem that the optimiser is asked."""
