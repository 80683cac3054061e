"""What `benchmarks.service` is made of: a gateway under load, peers, and a generator of its own process."""
