"""What every adapter of a port has to do, as tests that its author runs."""
