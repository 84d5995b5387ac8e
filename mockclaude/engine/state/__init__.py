"""The state that remains between requests."""
