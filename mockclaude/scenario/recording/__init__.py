"""Recordings as data: exchanges with another server become the rules and the text of a scenario file."""
