"""The conditions of rules, and the search for rules that match."""
