"""What a PackageVariant's downstream needs, decided from what is there; nothing is done here.

Source: Porch, PackageVariant controller, ensure algorithm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.orchestrators.builtin.lifecycle import Act, Lifecycle
from lab.orchestrators.builtin.revision import Revision
from lab.orchestrators.builtin.variant_spec import VariantSpec


@dataclass(frozen=True, slots=True)
class Downstream:
    """The revisions that a variant works on, those to take over first, and those to let go."""

    kept: tuple[Revision, ...]
    adopted: tuple[Revision, ...] = ()
    released: tuple[Revision, ...] = ()


def find_upstream(spec: VariantSpec, revisions: Iterable[Revision]) -> Revision | None:
    """The upstream revision: by workspace, whatever its state; an empty workspace means the one named main."""
    wanted = spec.upstream_workspace or "main"
    for revision in sorted(revisions, key=lambda revision: revision.name):
        at_home = (revision.repository, revision.package) == (spec.upstream_repository, spec.upstream_package)
        if at_home and revision.workspace == wanted:
            return revision
    return None


def downstream_of(spec: VariantSpec, revisions: Iterable[Revision]) -> Downstream:
    """Sort the revisions of the downstream package, and owned ones elsewhere.

    All drafts and proposals if there are any, else the published revision with the highest number.
    """
    adopted: list[Revision] = []
    released: list[Revision] = []
    drafts: list[Revision] = []
    published: list[Revision] = []
    for revision in sorted(revisions, key=lambda revision: revision.name):
        owned = revision.metadata.owned_by(spec.uid)
        if not owned and not spec.adopts:
            continue
        if (revision.repository, revision.package) != (spec.repository, spec.package):
            if owned:
                released.append(revision)
            continue
        if not owned:
            adopted.append(revision)
        if not revision.lifecycle.published:
            drafts.append(revision)
        elif revision.number > 0:
            published.append(revision)
    latest = max(published, key=lambda revision: revision.number, default=None)
    kept = tuple(drafts) or ((latest,) if latest is not None else ())
    return Downstream(kept, tuple(adopted), tuple(released))


def is_current(downstream: Revision, upstream: Revision) -> bool:
    """Whether a downstream already stands on this upstream, as far as its lock tells."""
    ref = downstream.kptfile.upstream_ref
    if not ref:
        return True
    if ref.startswith("drafts"):
        return False
    return locked_number(ref) == upstream.number


def locked_number(ref: str) -> int:
    """The revision number that a lock's ref names; -1 for a ref that is no version."""
    label = ref.rpartition("/")[2].removeprefix("v")
    return int(label) if re.fullmatch(r"[+-]?[0-9]+", label) else -1


def old_upstream(downstream: Revision, spec: VariantSpec, revisions: Sequence[Revision]) -> Revision | str:
    """The published upstream that a downstream was made from, or Porch's sentence why there is none."""
    number = locked_number(downstream.kptfile.upstream_ref)
    if number == 0:
        return "upstream cannot be published with revision number 0"
    for revision in revisions:
        if revision.number == number and revision.lifecycle.published:
            return revision
    return (
        f'could not find upstream package revision "{spec.upstream_package}" with revision {number} in repo '
        f'"{spec.upstream_repository}"'
    )


def release_act(spec: VariantSpec, revision: Revision) -> Act:
    """What the deletion policy does to an owned revision; KEEP only drops the owner reference, where needed."""
    if spec.orphans or revision.lifecycle is Lifecycle.DELETION_PROPOSED:
        return Act.KEEP
    return Act.PROPOSE_DELETION if revision.lifecycle is Lifecycle.PUBLISHED else Act.DELETE
