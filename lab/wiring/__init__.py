"""The one place that knows which adapter serves which port."""
