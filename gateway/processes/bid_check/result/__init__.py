"""From the answer of the optimiser to what every participant is told."""
