"""The three patch types that name their changes: JSON patch, JSON merge patch, strategic merge patch."""
