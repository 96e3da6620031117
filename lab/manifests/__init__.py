"""Manifests that the lab brings along, as data, and the code that fills them in."""
