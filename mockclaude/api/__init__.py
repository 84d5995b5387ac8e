"""The Messages API as data. Knows nothing of mocking."""
