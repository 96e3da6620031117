"""What can go wrong between a Git client and a repository, in git's own words.

Four kinds, because four different people act on them: whoever runs the network, whoever hands out tokens, whoever
wrote the URL or branch, and the caller itself, which looks again and tries once more.
"""

from __future__ import annotations

from collections.abc import Mapping


class GitFailure(Exception):
    """A Git operation did not happen; `message` is what git would have printed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class GitUnreachable(GitFailure):
    """The server does not answer: name, network, refused connection, or a host that was paused."""


class GitDenied(GitFailure):
    """The server wants other credentials, or none of ours suffice."""


class GitMissing(GitFailure):
    """The repository, ref or commit is not there."""


class GitConflict(GitFailure):
    """A ref is not what was expected, because somebody else pushed first, or the server refused the push."""


def unreachable(url: str, reason: str) -> GitUnreachable:
    """The failure for a server that does not answer; `reason` as curl words it."""
    return GitUnreachable(f"fatal: unable to access '{url}/': {reason}")


def denied(url: str) -> GitDenied:
    """The failure for missing or wrong credentials."""
    return GitDenied(f"remote: Unauthorized\nfatal: Authentication failed for '{url}/'")


def no_repository(url: str) -> GitMissing:
    """The failure for a URL behind which no repository is."""
    return GitMissing(f"remote: Not found.\nfatal: repository '{url}/' not found")


def no_ref(name: str) -> GitMissing:
    """The failure for a branch or tag that the repository lacks."""
    return GitMissing(f"fatal: couldn't find remote ref {name}")


def refusal(url: str, refused: Mapping[str, str]) -> GitConflict:
    """The conflict with one line for each ref, as git prints them."""
    lines = [f" ! [rejected] {name} ({reason})" for name, reason in sorted(refused.items())]
    return GitConflict("\n".join([*lines, f"error: failed to push some refs to '{url}'"]))
