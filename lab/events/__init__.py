"""One stream of facts: every view of the lab is a fold over it."""
