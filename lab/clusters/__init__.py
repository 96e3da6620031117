"""Adapters of the cluster port, one for each kind of place that clusters come from."""
