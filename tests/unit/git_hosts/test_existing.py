"""Git that is there already."""

from __future__ import annotations

import asyncio

import pytest

from lab.errors.base import LabError
from lab.git_hosts.existing import ExistingGitHost
from lab.model.fidelity import Fidelity
from lab.ports.git_host import Credentials


def test_no_answer_is_lab602() -> None:
    """A server that does not answer is told as such, without the token, with a line to try by hand."""
    host = ExistingGitHost("http://bot:s3cret@127.0.0.1:1/org", Credentials("bot", "s3cret"))
    with pytest.raises(LabError, match="LAB602") as caught:
        asyncio.run(host.find("blueprints"))
    assert caught.value.next_steps == ("git ls-remote http://127.0.0.1:1/org/blueprints.git",)
    assert "s3cret" not in caught.value.as_text()


def test_nothing_is_removed() -> None:
    """Deleting a repository that the lab did not make is LAB026."""
    host = ExistingGitHost("https://git.example.com/org", Credentials("bot", "s3cret"))
    assert host.fidelity is Fidelity.YOURS
    with pytest.raises(LabError, match="LAB026"):
        asyncio.run(host.delete_repository("blueprints"))
