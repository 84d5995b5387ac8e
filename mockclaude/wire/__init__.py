"""HTTP: how a response becomes bytes with times."""
