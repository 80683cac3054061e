"""Emulators of the gateway's peers: a market platform, a DSO, a TSO and an operator, over HTTP only.

They use what any outsider has: the published schemas (`esmp`), the API contract and the wire. They stand in
for real systems in the demo and in tests; nothing here is a market platform or a control centre.
"""
