"""The lab server: the background process behind profile `embedded`."""
