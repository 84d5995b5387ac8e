"""Decides everything about a reply, touches nothing."""
