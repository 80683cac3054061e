"""What a canonical document sets in motion."""
