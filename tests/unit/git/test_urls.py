"""When two URLs mean one repository."""

from __future__ import annotations

import pytest

from lab.git.urls import normalize, same, without_credentials


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("http://127.0.0.1:3000/nephio/a.git", "http://127.0.0.1:3000/nephio/a/"),
        ("https://bot:secret@Example.com/org/a.git", "https://example.com:443/org/a"),
        ("/srv/git/a.git/", "/srv/git/a"),
        ("git@example.com:org/a.git", "git@example.com:org/a"),
    ],
)
def test_one_repository(first: str, second: str) -> None:
    """Credentials, default port, letter case of the host, a trailing slash and `.git` make no difference."""
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("http://h/org/a", "http://h/org/A"),
        ("http://h:3000/org/a", "http://h/org/a"),
        ("http://h/org/a", "https://h/org/a"),
    ],
)
def test_two_repositories(first: str, second: str) -> None:
    """Path, port and scheme make a difference."""
    assert not same(first, second)


def test_the_token_is_never_shown() -> None:
    """Neither form of a URL that may be shown holds the credentials."""
    url = "https://bot:s3cret@example.com/org/a.git"
    assert without_credentials(url) == "https://example.com/org/a.git"
    assert normalize(url) == "https://example.com/org/a"
