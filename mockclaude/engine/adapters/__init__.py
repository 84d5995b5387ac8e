"""Other dialects of the API: each adapter translates a request, and the response back."""
