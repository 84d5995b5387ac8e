"""Select the faults for a request, and apply them to its response."""
