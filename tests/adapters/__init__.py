"""Adapters: requests in another dialect, and the responses to them."""
