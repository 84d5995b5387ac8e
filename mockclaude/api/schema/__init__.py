"""The schema of a request, as strict as the API's own."""
