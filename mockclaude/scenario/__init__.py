"""What the user wrote. Knows nothing of HTTP."""
