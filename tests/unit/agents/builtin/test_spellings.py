"""A RootSync in the document's spelling is taken, and the difference from upstream is said once."""

from __future__ import annotations

from lab.agents.builtin.spellings import UNSTRUCTURED, spellings

SHORT = {"spec": {"git": {"repo": "https://x"}}}
WHOLE = {"spec": {"git": {"repo": "https://x"}, "sourceFormat": "unstructured"}}


def test_a_missing_format_is_said_when_it_appears() -> None:
    """A new RootSync without sourceFormat is warned of, and so is one that loses it."""
    assert spellings(SHORT, None, strict=False) == (UNSTRUCTURED,)
    assert spellings(SHORT, WHOLE, strict=False) == (UNSTRUCTURED,)


def test_it_is_not_said_again() -> None:
    """Another write of the same RootSync, a whole one, or a strict lab: nothing to say."""
    assert spellings(SHORT, SHORT, strict=False) == ()
    assert spellings(WHOLE, None, strict=False) == ()
    assert spellings(SHORT, None, strict=True) == ()
