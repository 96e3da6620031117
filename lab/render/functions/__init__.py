"""The functions that a pipeline can name, one file each."""
