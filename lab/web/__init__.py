"""The page: the document's picture, alive, served on loopback to whoever shows its token. It only reads."""
