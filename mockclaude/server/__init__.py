"""Where every side effect lives."""
