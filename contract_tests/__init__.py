"""The kit an integrator runs against a gateway, using only what an outsider has."""
