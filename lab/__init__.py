"""A local end-to-end lab of the Nephio road."""
