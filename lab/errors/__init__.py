"""Errors as facts with codes, and the sentences that explain them."""
