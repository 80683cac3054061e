"""From everything collected for a gate to the optimisation problem."""
