"""Replies that are streamed while they are made."""
