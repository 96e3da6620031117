"""Refusals of the API as Config Sync's errors, and errors as facts of the lab."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lab.events.kinds import Refusal
from lab.kube.client import KubeError
from lab.reconcile.declared import Declared
from lab.reconcile.faults import Fault, Site, lab_code, ordered
from lab.reconcile.identity import Identity
from lab.reconcile.packages import package_of


def refused(verb: str, identity: Identity, error: KubeError, item: Declared | None = None) -> Fault:
    """KNV2013 where the agent lacks a right, KNV2009 for every other refusal, in the API server's own words."""
    site = item.site if item is not None else Site(identity, "")
    text = f"failed to {verb} {identity.described}: {error.message}"
    if lacks_right(error):
        text = (
            "Insufficient permission. To fix, make sure the reconciler has sufficient permissions.: "  # its own colon
            f"failed to {verb} {identity.described}: {error.message}"
        )
        return Fault("2013", text, (site,))
    return Fault("2009", text, (site,))


def lacks_right(error: KubeError) -> bool:
    """Whether a 403 is about rights; quotas and namespaces that are going away answer 403 too."""
    return error.code == 403 and "cannot " in error.message and 'User "' in error.message


def namespace_going(error: KubeError) -> bool:
    """Whether the object was refused because its namespace is being deleted, or is already gone."""
    return (error.code == 403 and "being terminated" in error.message) or (
        error.code == 404 and error.message.startswith("namespaces ")
    )


def as_refusals(faults: Sequence[Fault], packages: Collection[str]) -> tuple[Refusal, ...]:
    """The faults as facts, one per object or file."""
    found: list[Refusal] = []
    for fault in ordered(faults):
        code, knv = lab_code(fault.knv), f"KNV{fault.knv}"
        for site in fault.sites:
            package = package_of(site.file, packages)
            found.append(Refusal(knv, code, site.identity.subject, package, site.file, fault.text, site.line))
        if not fault.sites:
            package = package_of(fault.path, packages)
            found.append(Refusal(knv, code, "", package, fault.path, fault.text, fault.line))
    return tuple(dict.fromkeys(found))
