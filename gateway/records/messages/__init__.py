"""What comes in and goes out, and how far it is."""
