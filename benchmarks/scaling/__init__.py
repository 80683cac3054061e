"""What `benchmarks.scale` lets grow, one module per dimension."""
