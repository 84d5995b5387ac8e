"""Recording of the real API: pass requests on to it, and save its responses."""
