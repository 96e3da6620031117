"""What the lab teaches: topics to look up, and later lessons to do."""
