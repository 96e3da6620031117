"""The doors of the API server: HTTPS, and calls from inside the process."""
