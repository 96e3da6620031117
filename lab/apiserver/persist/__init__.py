"""Where acknowledged writes are kept."""
