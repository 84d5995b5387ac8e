"""Stream replies that a function yields part by part."""
