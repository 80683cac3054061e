"""Gates one after the other on a clock that is moved, and what every party was told of them."""
