"""Where the states of a package revision stand in Git: branches, tags and one private ref for metadata.

Source: Porch, layout of branches and tags with the cache that keeps drafts in Git. Labels, annotations, owner
references and finalizers, which Porch keeps in objects of its own, stand in `refs/nephio-lab/metadata/…`: Git is the
only truth, and a revision and its metadata move in one push.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lab.orchestrators.builtin.lifecycle import Lifecycle

HEADS = "refs/heads/"
TAGS = "refs/tags/"
METADATA = "refs/nephio-lab/metadata/"
DRAFTS = HEADS + "drafts/"
PROPOSED = HEADS + "proposed/"
DELETION_PROPOSED = HEADS + "deletionProposed/"
OWN_BRANCHES = (DRAFTS, PROPOSED, DELETION_PROPOSED)
_NUMBERED = re.compile(r"v(0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a Repository tracks: a branch, and the directory below which its packages lie (empty: the root)."""

    branch: str
    directory: str = ""

    @property
    def main(self) -> str:
        """The full name of the branch."""
        return HEADS + self.branch

    def path(self, package: str) -> str:
        """Path in the tree of a package by its name."""
        return f"{self.directory}/{package}" if self.directory else package

    def package(self, path: str) -> str | None:
        """Name of the package at a path in the tree, or None outside the directory."""
        if not self.directory:
            return path or None
        inside = path.removeprefix(self.directory + "/")
        return inside if inside != path and inside else None


def directory_of(text: str) -> str:
    """`spec.git.directory` in one form: `/`, the empty text and outer slashes make no difference."""
    return text.strip("/")


def draft_ref(path: str, workspace: str) -> str:
    """Branch of a Draft."""
    return f"{DRAFTS}{path}/{workspace}"


def proposed_ref(path: str, workspace: str) -> str:
    """Branch of a Proposed revision."""
    return f"{PROPOSED}{path}/{workspace}"


def tag_ref(path: str, label: str) -> str:
    """Tag of a published revision; `label` is `v1` or another text made by hand."""
    return f"{TAGS}{path}/{label}"


def deletion_ref(path: str, label: str) -> str:
    """Branch that proposes a published revision for deletion; `label` is that of the tag, or the tracked branch."""
    return f"{DELETION_PROPOSED}{path}/{label}"


def metadata_ref(namespace: str, path: str, workspace: str) -> str:
    """Ref of the metadata of one revision as one namespace sees it."""
    return f"{METADATA}{namespace}/{path}/{workspace}"


def number_of(label: str) -> int | None:
    """The revision number of a tag's last segment, or None for a text of somebody else's."""
    match = _NUMBERED.fullmatch(label)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Found:
    """A ref that stands for a revision: `label` is the workspace of a branch, the last segment of a tag."""

    ref: str
    commit: str
    path: str
    label: str
    lifecycle: Lifecycle


def revisions_in(refs: Mapping[str, str]) -> list[Found]:
    """The drafts, proposals and tags among refs, in the order of their names.

    A revision that stands in two places at once, which a push that is not atomic can leave behind, is taken as the
    further one: a proposal wins over its draft.
    """
    found = [*_branches(refs), *_tags(refs)]
    further = {(item.path, item.label) for item in found if item.lifecycle is Lifecycle.PROPOSED}
    return [item for item in found if item.lifecycle is not Lifecycle.DRAFT or (item.path, item.label) not in further]


def _branches(refs: Mapping[str, str]) -> Iterable[Found]:
    for prefix, lifecycle in ((DRAFTS, Lifecycle.DRAFT), (PROPOSED, Lifecycle.PROPOSED)):
        for ref in sorted(name for name in refs if name.startswith(prefix)):
            path, _, workspace = ref.removeprefix(prefix).rpartition("/")
            if path and workspace:
                yield Found(ref, refs[ref], path, workspace, lifecycle)


def _tags(refs: Mapping[str, str]) -> Iterable[Found]:
    for ref in sorted(name for name in refs if name.startswith(TAGS)):
        path, _, label = ref.removeprefix(TAGS).rpartition("/")
        if path and label:
            dying = deletion_ref(path, label) in refs
            yield Found(ref, refs[ref], path, label, Lifecycle.DELETION_PROPOSED if dying else Lifecycle.PUBLISHED)


def interesting(refs: Mapping[str, str], tracked: Tracked) -> dict[str, str]:
    """The refs that say something about packages: a change of any other is no news."""
    prefixes = (DRAFTS, PROPOSED, DELETION_PROPOSED, TAGS, METADATA)
    return {ref: commit for ref, commit in refs.items() if ref == tracked.main or ref.startswith(prefixes)}
