"""Emulators of the gateway's peers, over its public protocols: market platforms, a DSO, a TSO, an operator.

They use what any outsider has: the published schemas (`esmp`), the API contract and the wire. They replace
real systems in the demo and in tests; none of them is a market platform or a control centre.
"""
