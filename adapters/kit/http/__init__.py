"""Shared parts of interfaces over HTTP: authentication, sizes of bodies, form of errors."""
