"""The HTTP face of the gateway: the management API, and the routes HTTP adapters bring, as one application.

`application` puts it together, `openapi` is its contract; every other module is one group of routes.
"""
