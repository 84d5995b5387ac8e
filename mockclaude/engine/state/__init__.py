"""Everything that is remembered between requests."""
