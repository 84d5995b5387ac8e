"""The scenario: the user's rules and settings, their validation, and matching."""
