"""Messages of the orchestrator's commits, and the trailer by which they are read again.

Source: Porch, commit messages and `kpt:` annotations. A publication into a cluster's deployment repository says what
happened in the words of the lab; Porch's own subject then opens the body.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COMMITTER = "Package Orchestration Service <porch@kpt.dev>"
CREATING = ("init", "clone", "edit", "upgrade")
SUBJECTS: Mapping[str, str] = {
    "init": "Creating new empty revision",
    "clone": "Creating new revision by cloning",
    "edit": "Creating new revision by copying previous revision",
    "upgrade": "Upgrading revision",
    "render": "Rendering package",
}
_PREFIX = "kpt:"
_POLICY = "Policy: "


@dataclass(frozen=True, slots=True)
class Trailer:
    """What a `kpt:` line says; `task` is None in approvals and deletions."""

    package: str
    workspace: str
    revision: str
    task: dict[str, Any] | None = None

    def line(self) -> str:
        """The line, keys in Porch's order."""
        content: dict[str, Any] = {
            "package": self.package,
            "workspaceName": self.workspace,
            "revision": self.revision,
        }
        if self.task is not None:
            content["task"] = {key: self.task[key] for key in ("type", *self.task) if key in self.task}
        return _PREFIX + json.dumps(content, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Publication:
    """What the commit of an approval tells: who approved what for whom, and what made it."""

    package: str
    path: str
    number: int
    workspace: str
    author: str
    cluster: str = ""
    upstream: str = ""
    functions: tuple[str, ...] = ()
    policy: str = ""


def author_of(user: str, name: str = "", email: str = "") -> str:
    """The author of a commit: the Kubernetes user, else the Repository's own, else the committer."""
    if user:
        return f"{_plain(user)} <{_plain(user)}>"
    if name or email:
        return f"{_plain(name or email)} <{_plain(email or name)}>"
    return COMMITTER


def _plain(text: str) -> str:
    """Git takes no angle brackets and no line ends in an identity."""
    return "".join(character for character in text if character not in "<>\n\r\0").strip() or "unknown"


def draft_message(kind: str, package: str, workspace: str, task: dict[str, Any]) -> str:
    """The message of a commit on a draft; `kind` is the type of the task."""
    subject = SUBJECTS.get(kind, f"Intermediate commit: {kind}")
    return f"{subject}\n\n\n{Trailer(package, workspace, '0', task).line()}\n"


def approval_message(publication: Publication) -> str:
    """The message of the merge commit that publishes a revision."""
    porch = f"Approving package revision {publication.path}/{publication.number}"
    trailer = Trailer(publication.path, publication.workspace, str(publication.number)).line()
    if not publication.cluster:
        policy = f"\n{_POLICY}{publication.policy}\n" if publication.policy else ""
        return f"{porch}\n{policy}\n{trailer}\n"
    subject = f"Rendered {publication.package} v{publication.number} for {publication.cluster}"
    facts = [porch, f"Author: {publication.author}"]
    if publication.upstream:
        facts.append(f"Upstream: {publication.upstream}")
    if publication.functions:
        facts.append(f"Functions: {', '.join(publication.functions)}")
    if publication.policy:
        facts.append(_POLICY + publication.policy)
    return "\n".join([subject, "", *facts, "", trailer]) + "\n"


def deletion_message(path: str, workspace: str) -> str:
    """The message of the commit that takes a package off the branch."""
    return f"Delete {path}\n\n{Trailer(path, workspace, '-1').line()}\n"


def policy_in(message: str) -> str:
    """The approval policy that an approval's message names, or an empty string."""
    lines = (line.strip() for line in message.split("\n"))
    return next((line.removeprefix(_POLICY) for line in lines if line.startswith(_POLICY)), "")


def trailers_in(message: str) -> list[Trailer]:
    """Every readable `kpt:` line, in order; what cannot be read is left out, as Porch does with a warning."""
    found = []
    for line in message.split("\n"):
        text = line.strip()
        if text.startswith(_PREFIX) and (trailer := _read(text.removeprefix(_PREFIX))):
            found.append(trailer)
    return found


def _read(text: str) -> Trailer | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    task = content.get("task")
    return Trailer(
        str(content.get("package") or ""),
        str(content.get("workspaceName") or ""),
        str(content.get("revision") or ""),
        task if isinstance(task, dict) else None,
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """How a revision came into being: its creating task and the id of the commit that made it."""

    task: dict[str, Any]
    commit: str


def origin_of(
    head: str,
    path: str,
    workspace: str,
    *,
    read: Callable[[str], tuple[str, Sequence[str]]],
    limit: int = 500,
) -> Origin | None:
    """Walk from `head` through the draft's own commits to the creating task; None when nobody wrote one down.

    `read` gives message and parents of a commit. From a merge the walk goes on with the draft, its second parent.
    """
    commit = head
    for _ in range(limit):
        message, parents = read(commit)
        own = [t for t in trailers_in(message) if (t.package, t.workspace) == (path, workspace)]
        for trailer in own:
            if trailer.task is not None and trailer.task.get("type") in CREATING:
                return Origin(trailer.task, commit)
        if not parents or (not own and trailers_in(message) and commit != head):
            return None
        commit = parents[1] if len(parents) > 1 else parents[0]
    return None
