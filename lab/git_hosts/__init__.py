"""Adapters of the port for Git."""
