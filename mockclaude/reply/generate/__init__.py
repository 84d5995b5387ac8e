"""From a JSON Schema to data that validates against it: filling only what is required, and plausibly."""
