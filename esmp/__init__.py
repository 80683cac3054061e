"""Document profiles (tables) → schemas → bindings; identify and validate."""
