"""The lab's own Kubernetes client, for controllers and the command line."""
