"""The Messages API as data, independent of mocking."""
