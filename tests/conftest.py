"""How often a property is tried: a few times in every run, the same ones; with --hypothesis-profile=deep for long."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("deep", max_examples=1000, deadline=None)
settings.load_profile("quick")
