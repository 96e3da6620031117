"""Field ownership: field sets, typed comparison and merging, managers (structured merge and diff)."""
