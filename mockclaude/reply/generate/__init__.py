"""Generate plausible data for a JSON Schema: only the required properties."""
