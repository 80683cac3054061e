"""Faults that the kit must find, written from what integrators complain of and what gateways get wrong."""
