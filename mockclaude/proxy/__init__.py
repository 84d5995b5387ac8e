"""Recording of the real API: pass requests on, and save the responses."""
