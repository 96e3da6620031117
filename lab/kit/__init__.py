"""Mechanics that know no word of the field."""
