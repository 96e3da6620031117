"""Verbs that look, on one lab that is up: what they say, in which form, and that every hint works when pasted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

DEFAULT = "clusters: {mgmt: {}, my-ran: {site: site-ran-01, cnis: [calico, macvlan], provider: baremetal}}\n"
REPORTING = (
    ("status",),
    ("trace",),
    ("trace", "cluster-baseline", "--on", "my-ran"),
    ("why", "namespace/openairinterface"),
    ("logs",),
    ("logs", "my-ran", "--tail", "3"),
    ("explain",),
    ("explain", "LAB701"),
    ("doctor",),
    ("env",),
    ("version",),
    ("cluster", "list"),
    ("up",),
)


@pytest.fixture(scope="module")
def shell(make_shell: Any) -> Any:
    """A lab that is up, and what `up` said."""
    made = make_shell(more=DEFAULT)
    made.said = made.good("up")
    return made


def test_up_says_all_of_it(shell: Any) -> None:
    """Profile first, a line a part, nine ticks with the line nobody pushes across, what is real, what to type next."""
    lines = shell.said.err.splitlines()
    assert lines[0] == "lab demo · profile embedded (no Docker) · clusters mgmt, my-ran"
    stages = next(line for line in lines if "context" in line and "ready" in line)
    assert stages.count("✓") == 9
    assert "┊" in stages
    for word in ("✓ repositories", "✓ variants", "✓ bootstrap", "✓ proof", "Real here", "Stand-ins", "Remove"):
        assert word in shell.said.err
    assert shell.said.out == ""


def test_the_cluster_itself_has_it(shell: Any) -> None:
    """kubectl, asked for my-ran, shows the namespace and the synced RootSync."""
    namespaces = shell.good("kubectl", "--context=my-ran", "get", "namespaces", "-o", "name").out.split()
    assert "namespace/openairinterface" in namespaces
    synced = shell.good("kubectl", "--context=my-ran", "-n", "config-management-system", "get", "rootsync").out
    assert "SYNCED" in synced


def test_the_repository_has_three_directories_and_the_subject(shell: Any, tmp_path: Path) -> None:
    """A clone of the deployment repository shows the three packages and who rendered them."""
    clone = tmp_path / "clone"
    shell.good("git", "clone", "-q", "nephio-my-ran", str(clone))
    folders = sorted(p.name for p in clone.iterdir() if p.is_dir() and p.name != ".git")
    assert folders == ["cluster-baseline", "networking", "platform-addons"]
    log = shell.good("git", "log", "--format=%s", "nephio-my-ran").out
    assert "Rendered cluster-baseline v1 for my-ran" in log.splitlines()
    assert "main" in shell.good("git", "ls-remote", "nephio-my-ran").out


@pytest.mark.parametrize("words", REPORTING, ids=" ".join)
def test_json_is_one_document(shell: Any, words: tuple[str, ...]) -> None:
    """With -o json the whole of stdout is one JSON document that names its schema."""
    said = shell.inside(*words, "-o", "json")
    assert said.code == 0
    assert said.json["schema"].startswith("lab.")
    assert said.json["schema"].endswith("/v1")


@pytest.mark.parametrize(
    "words", [*REPORTING, ("--help",), ("up", "--help"), ("why", "namespace/nowhere")], ids=" ".join
)
def test_eighty_columns_without_color(shell: Any, words: tuple[str, ...]) -> None:
    """Without a terminal nothing is wider than 80 columns but paths and journal lines; no color, no moving line."""
    said = shell.inside(*words)
    text = said.out + said.err
    assert "\x1b" not in text
    assert "\r" not in text
    free = (str(shell.folder), "/bin/", "http", "export ")
    wide = [line for line in text.splitlines() if len(line) > 80 and not any(p in line for p in free)]
    assert wide == [] or words[0] == "logs"


@pytest.mark.parametrize("error", [("trace", "nothing"), ("why", "a/b/c/d"), ("explain", "nothing-like-this")])
def test_errors_are_json_too(shell: Any, error: tuple[str, ...]) -> None:
    """A refusal with -o json is one document with code, what, why and next; the exit code is the same."""
    plain, data = shell.inside(*error), shell.inside(*error, "-o", "json")
    assert plain.code == data.code == data.json["exit"]
    assert data.json["schema"] == "lab.error/v1"
    assert plain.out == ""
    assert data.json["code"] in plain.err


def pasteable(text: str) -> list[str]:
    """The lines of advice in a text: those that begin with a label of advice, and those below them."""
    found = re.findall(
        r"^ +(?:Look|Follow|Ask|Next)? +((?:eval|kubectl|\S*/?lab|\S*python\S*) .*)$", text, re.MULTILINE
    )
    return [line.strip() for line in found]


def test_hints_of_up_work_in_a_fresh_shell(shell: Any) -> None:
    """Everything that `up` tells to type, but the removal, runs as printed in a fresh sh in the same folder."""
    lines = pasteable(shell.said.err)
    assert [w for w in ("eval", "kubectl", "trace", "why") if not any(w in line for line in lines)] == []
    said = shell.sh("\n".join(lines))
    assert said.code == 0, said.err
    assert "openairinterface" in said.out


def test_env_in_another_folder(shell: Any, tmp_path: Path) -> None:
    """After eval of `lab env`, kubectl and lab mean this lab wherever the shell stands."""
    lab = shlex.quote(str(Path(shell.inside("env", "-o", "json").json["path"][-1]) / "lab"))
    script = f'eval "$({lab} env)"\ncd {shlex.quote(str(tmp_path))}\nkubectl --context=my-ran get ns openairinterface\n'
    said = shell.sh(script + "lab status\nkubectl config get-contexts -o name\nkubectl version\n")
    assert said.code == 0, said.err
    assert "lab demo · profile embedded · up" in said.out
    assert {"mgmt", "my-ran"} <= set(said.out.split())


def test_why_not_and_what_next(shell: Any) -> None:
    """An object that nobody declares leaves with 1 and a code; each line of advice runs."""
    said = shell.inside("why", "namespace/nowhere", "--on", "my-ran")
    assert said.code == 1
    assert "LAB903" in said.out
    for line in pasteable(said.out):
        assert shell.sh(line).code == 0, line


def test_quiet_says_nothing(shell: Any) -> None:
    """With -q a verb that is well says nothing on stderr."""
    assert shell.inside("-q", "up").err == ""


def test_status_has_the_documents_components(shell: Any) -> None:
    """The component table names each part with where it is, its purpose and whether it is real."""
    said = shell.inside("status").out
    for part in ("ClusterContext", "Repository", "PackageVariants", "Porch", "Git", "Config Sync", "RootSync"):
        assert part in said
    assert "stand-in" in said
    assert shell.inside("status", "-o", "json").json["ok"] is True


def test_completion_scripts_are_valid(shell: Any) -> None:
    """The bash script parses, and it offers the verbs."""
    script = shell.inside("completion", "bash").out
    assert shell.sh(f"bash -n <<'END'\n{script}\nEND\n").code == 0
    offered = shell.lab("", _LAB_COMPLETE="bash_complete", COMP_WORDS="lab st", COMP_CWORD="1").out
    assert "status" in offered


def test_closed_pipe_is_no_error(shell: Any) -> None:
    """`lab logs | head -1` ends quietly."""
    lab = shlex.quote(str(Path(shell.inside("env", "-o", "json").json["path"][-1]) / "lab"))
    said = shell.sh(f"{lab} logs | head -n 1\n")
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("stauts",), 2, "status"),
        (("status", "--nope"), 2, "--nope"),
        (("trace", "nothing"), 4, "LAB025"),
        (("why", "x", "--on", "nowhere"), 4, "LAB024"),
        (("explain", "aprove"), 4, "approve"),
        (("--lab", "other", "status"), 4, "LAB021"),
        (("approve", "cluster-baseline"), 1, "LAB502"),
        (("upgrade", "cluster-baseline", "v9"), 1, "LAB204"),
        (("publish", "no-such-folder"), 2, "no-such-folder"),
        (("cluster", "remove", "nowhere"), 4, "LAB024"),
        (("cluster", "add", "Not_A_Name"), 2, "LAB004"),
        (("cluster", "add", "my-ran"), 2, "LAB004"),
        (("cluster", "bootstrap", "nowhere"), 4, "LAB024"),
        (("up", "--profile", "knid"), 2, "LAB003"),
        (("up", "--profile", "kind"), 3, "LAB017"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_refusals(shell: Any, words: tuple[str, ...], code: int, told: str) -> None:
    """A wrong word is refused with the exit code of the table, a code or the nearest good word, never a traceback."""
    said = shell.inside(*words)
    assert said.code == code, said.err
    assert told in said.err
    assert "Traceback" not in said.err
