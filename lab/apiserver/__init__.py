"""Kubernetes-compatible API servers in pure Python: an engine that knows nothing of Nephio."""
