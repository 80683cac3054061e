"""Documents in every form, and where in them things stand."""
