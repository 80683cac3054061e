"""What every protocol shares."""
