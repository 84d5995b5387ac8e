"""The conditions of rules and how they are searched for."""
