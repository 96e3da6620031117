"""What the API server fills into built-in objects, one module per family of kinds."""
