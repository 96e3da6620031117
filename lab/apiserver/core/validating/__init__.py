"""What built-in objects must satisfy beyond their types, one module per family of kinds."""
