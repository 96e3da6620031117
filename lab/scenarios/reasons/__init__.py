"""What `lab why` can find: one module a side of the line, and the verdict that they come to."""
