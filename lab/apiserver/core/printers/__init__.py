"""What `kubectl get` shows of the built-in kinds: one module for each family of API groups."""
