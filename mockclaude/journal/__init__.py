"""The requests that were handled, and what is done with them."""
