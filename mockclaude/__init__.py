"""A local, deterministic mock of Anthropic's Messages API."""

__version__ = "0.1.0"
