"""From the answer of the optimiser to the published results."""
