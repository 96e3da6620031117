"""The Porch-compatible orchestrator of the lab, which holds no truth but Git."""
