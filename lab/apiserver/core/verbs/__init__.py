"""The verbs of the API: one module for each family of requests."""
