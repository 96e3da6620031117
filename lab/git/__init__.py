"""Git from the side of whoever reads and writes repositories."""
