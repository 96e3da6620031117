"""Packages turned into manifests: text in, text and results out; nothing here reads or writes a file."""
