"""A lab's life: up, up again, down, stop, the lock, and what a killed process leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
from typing import Any

import pytest


@pytest.fixture(scope="module")
def shell(make_shell: Any) -> Any:
    """A lab that is up with one flow."""
    made = make_shell()
    made.good("up")
    return made


def state_of(shell: Any) -> dict[str, Any]:
    """What must be the same whatever happened on the way: history, trees and tags of Git, and where trails stand."""
    trails = shell.inside("trace", "-o", "json").json["trails"]
    return {
        "subjects": shell.git("log", "--format=%s", "main").splitlines(),
        "files": {path: content(shell, path) for path in shell.git("ls-tree", "-r", "--name-only", "main").split()},
        "tags": shell.git("tag", "--list").split(),
        "branches": shell.git("branch", "--list", "--format=%(refname:short)").split(),
        "trails": [(t["package"], t["cluster"], [s["state"] for s in t["stages"]]) for t in trails],
    }


def content(shell: Any, path: str) -> str:
    """A file on main, without what tells one lab from another: the address of its Git and the blueprint's commit."""
    text = shell.git("show", f"main:{path}")
    return re.sub(r"(127\.0\.0\.1:\d+|\b[0-9a-f]{40}\b)", "…", text)


def numbers_of(shell: Any) -> list[int]:
    """The journal's numbers."""
    return [event["seq"] for event in shell.events()]


def test_up_twice_changes_nothing(shell: Any) -> None:
    """A second `up` is quick, leaves the server and Git as they are and proves the cluster again."""
    before, pid = state_of(shell), shell.server_pid()
    said = shell.good("up")
    assert "✓ proof" in said.err
    assert state_of(shell) == before
    assert shell.server_pid() == pid


def test_stop_keeps_everything(shell: Any) -> None:
    """After `down --stop` nothing runs, status says so with 1, and `up` goes on with the same history and ports."""
    before, pid = state_of(shell), shell.server_pid()
    ports = (shell.home / "ports.json").read_text()
    assert "stopped" in shell.good("down", "--stop").err
    assert not shell.runs(pid)
    assert shell.inside("status").code == 1
    refused = shell.inside("why", "namespace/openairinterface")
    assert (refused.code, "LAB022" in refused.err) == (6, True)
    shell.good("up")
    assert state_of(shell) == before
    assert (shell.home / "ports.json").read_text() == ports


def test_killed_when_all_is_done(shell: Any) -> None:
    """After kill -9 of the server, status tells, doctor names the leftover, and `up` finds everything as it was."""
    before, told = state_of(shell), numbers_of(shell)
    shell.kill_server()
    assert shell.inside("status").code == 1
    assert "leftovers of a crash" in shell.inside("doctor").out
    shell.good("up")
    assert state_of(shell) == before
    assert numbers_of(shell)[: len(told)] == told
    kinds = [event["kind"] for event in shell.events()]
    assert kinds.count("Committed") == 4  # three blueprints and the one rendered package


@pytest.mark.parametrize("moments", [("VariantAccepted", "Committed"), ("AgentStarted", "Pulled")], ids="-".join)
def test_killed_on_the_way(shell: Any, make_shell: Any, moments: tuple[str, ...]) -> None:
    """Killed at two moments of the flow and started again, a lab ends where an undisturbed one does."""
    other = make_shell("killed")
    for moment in moments:
        running = other.start("up")
        other.until(lambda at=moment: any(e["kind"] == at for e in other.events()))
        if running.poll() is None:
            other.kill_server()
        _out, err = running.communicate(timeout=90)
        assert "Traceback" not in err
    other.good("up")
    assert state_of(other) == state_of(shell)
    assert numbers_of(other) == list(range(1, len(numbers_of(other)) + 1))
    commits = [e["data"]["commit"] for e in other.events() if e["kind"] == "Committed"]
    assert sorted(set(commits)) == sorted(commits)


def test_interrupted_up_goes_on(make_shell: Any, shell: Any) -> None:
    """Ctrl-C during `up` leaves with 130 and a line to type; the next `up` finishes."""
    other = make_shell("interrupted")
    running = other.start("up")
    # A server that stands still keeps `up` waiting, however fast the machine is.
    server = other.hold_server()
    os.killpg(running.pid, signal.SIGINT)
    _out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    # The server was ended with `up`, or goes on alone and is found by the next one.
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGCONT)
    assert "goes on from here" in err
    other.good("up")
    assert state_of(other) == state_of(shell)
    other.good("down")
    assert not (other.folder / ".lab").exists()


def test_one_at_a_time(shell: Any) -> None:
    """While one command changes the lab, another `up` or `down` is refused with LAB020 and 7, and reading goes on."""
    with (shell.home.parent / ".demo.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for words in (("up",), ("down",), ("down", "--stop"), ("cluster", "add", "x")):
            said = shell.inside(*words)
            assert (said.code, "LAB020" in said.err) == (7, True), words
        assert shell.inside("status").code == 0


def test_another_spec_restarts_the_server(shell: Any) -> None:
    """A changed lab.yaml is taken up by the next `up`, with all state."""
    before, pid = state_of(shell), shell.server_pid()
    text = (shell.folder / "lab.yaml").read_text()
    shell.write("lab.yaml", text + "agent: {period: 5s}\n")
    said = shell.good("up")
    assert "lab.yaml has changed" in said.err
    assert shell.server_pid() != pid
    assert state_of(shell) == before
    sync = shell.good("kubectl", "--context=my-ran", "-n", "config-management-system", "get", "rootsync", "-o", "json")
    assert json.loads(sync.out)["items"][0]["spec"]["git"]["period"] == "5s"


def test_down_twice(make_shell: Any) -> None:
    """After `down` no process, port or file of the lab is left, and a second one says that there is nothing."""
    other = make_shell("down", "flows: []\n")
    other.good("up", "--no-flow")
    pid = other.server_pid()
    assert other.inside("trace").code == 4
    assert "removed" in other.good("down").err
    assert not other.runs(pid)
    assert [p.name for p in other.folder.iterdir()] == ["lab.yaml"]
    again = other.good("down")
    assert "nothing to remove" in again.err or "no lab here" in again.err
    assert other.inside("status").code == 4
