"""What `benchmarks.crash` is made of: peers that repeat what was not confirmed, and a verdict of its own."""
