"""What people see: folds of the one stream of events, for the terminal, for machines and for tests."""
