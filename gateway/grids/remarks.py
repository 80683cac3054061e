"""What should be looked at in a model that is taken all the same."""

from typing import Final

from gateway.domain.grid import ReducedGridModel

COARSE_PCT: Final = 30.0
"""From this stated error on a model is remarked."""


def remarks(model: ReducedGridModel) -> tuple[str, ...]:
    """One line each; empty for a model without anything unusual."""
    error = model.error_band_pct or 0.0
    if error < COARSE_PCT:
        return ()
    kept = "its limits include it" if model.limits_include_error else "each row keeps it free of its change"
    return (f"the model of grid {model.grid_id} states an error of {error:g} %; {kept}",)
