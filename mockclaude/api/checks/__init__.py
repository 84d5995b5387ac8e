"""The table of what the API refuses, by what it is about; `check` says what a row is."""
