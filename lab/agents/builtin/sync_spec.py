"""What a RootSync asks for, read into plain values, and what Config Sync would refuse of it.

Source: Config Sync, RootSync API and its validation (KNV1061).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.git.urls import without_credentials
from lab.reconcile.metadata import SYSTEM_NAMESPACE, Mark

DELETION_POLICY = "configsync.gke.io/deletion-propagation-policy"
MAX_NAME = 38

_AUTHS = ("ssh", "cookiefile", "gcenode", "token", "none", "gcpserviceaccount", "githubapp")
_SERVED_AUTHS = ("none", "token")
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class SyncSpec:
    """One RootSync. `directory` is relative to the repository without slashes around it, times are in seconds."""

    namespace: str
    name: str
    generation: int
    source_format: str
    source_type: str
    url: str
    branch: str
    revision: str
    directory: str
    period: float
    auth: str
    secret: str
    reconcile_timeout: float
    status_mode: str
    implicit_namespaces: bool
    deletion_policy: str
    unserved: tuple[str, ...]
    """Fields that ask for something that this agent does not do."""

    malformed: tuple[str, ...] = ()
    """Times that are no Go durations, as `field "value"`."""

    @property
    def reconciler(self) -> str:
        """The name under which Config Sync would run the reconciler."""
        return "root-reconciler" if self.name == "root-sync" else f"root-reconciler-{self.name}"

    @property
    def foreground(self) -> bool:
        """Whether deleting the RootSync deletes what it manages."""
        return self.deletion_policy == "Foreground"

    def mark(self, cluster: str) -> Mark:
        """The mark that managed objects get."""
        return Mark(self.name, without_credentials(self.url), self.branch, self.revision, cluster)

    def git_status(self) -> dict[str, str]:
        """The `gitStatus` of each stage."""
        directory = self.directory or "."
        return {"repo": self.url, "revision": self.revision, "branch": self.branch, "dir": directory}


def read_spec(root_sync: Mapping[str, Any], *, period_default: float) -> SyncSpec:
    """The RootSync's wishes; what is missing gets Config Sync's default, `period_default` (seconds) for the period."""
    meta = root_sync.get("metadata") or {}
    spec = root_sync.get("spec") or {}
    git = spec.get("git") or {}
    override = spec.get("override") or {}
    return SyncSpec(
        namespace=str(meta.get("namespace") or ""),
        name=str(meta.get("name") or ""),
        generation=int(meta.get("generation") or 0),
        source_format=str(spec.get("sourceFormat") or ""),
        source_type=str(spec.get("sourceType") or "git"),
        url=str(git.get("repo") or ""),
        branch=str(git.get("branch") or "master"),
        revision=str(git.get("revision") or "HEAD"),
        directory=_directory(str(git.get("dir") or "")),
        period=seconds(str(git.get("period") or ""), period_default),
        auth=str(git.get("auth") or ""),
        secret=str((git.get("secretRef") or {}).get("name") or ""),
        reconcile_timeout=seconds(str(override.get("reconcileTimeout") or ""), 300.0),
        status_mode=str(override.get("statusMode") or "enabled"),
        implicit_namespaces=override.get("namespaceStrategy") != "explicit",
        deletion_policy=str((meta.get("annotations") or {}).get(DELETION_POLICY) or ""),
        unserved=_unserved(git, override),
        malformed=_malformed(git, override),
    )


def invalid(spec: SyncSpec) -> str:
    """Why the RootSync cannot be served, without the code KNV1061; empty when it can."""
    if spec.namespace != SYSTEM_NAMESPACE:
        return f"RootSync objects are only allowed in the {SYSTEM_NAMESPACE} namespace, not in {spec.namespace}"
    if len(spec.name) > MAX_NAME:
        return f"maximum length of RootSync name is {MAX_NAME}, but found {len(spec.name)}"
    if spec.source_type != "git":
        return f'this agent reads Git only; spec.sourceType is "{spec.source_type}"'
    if not spec.url:
        return 'RootSyncs must specify spec.git.repo when spec.sourceType is "git"'
    if not spec.url.startswith(("http://", "https://")):
        return f"this agent fetches over http and https only; spec.git.repo is {spec.url}"
    if spec.deletion_policy not in ("", "Foreground", "Orphan"):
        return f'the annotation {DELETION_POLICY} must be Foreground or Orphan, not "{spec.deletion_policy}"'
    if spec.malformed:
        return f"{', '.join(spec.malformed)}: a duration such as 15s or 1m30s is expected"
    if spec.unserved:
        return f"this agent does not offer {', '.join(spec.unserved)}; remove the field, or use Config Sync itself"
    return _invalid_auth(spec)


def _invalid_auth(spec: SyncSpec) -> str:
    if spec.auth not in _AUTHS:
        return f"RootSyncs must specify spec.git.auth to be one of {','.join(_AUTHS)}"
    if spec.auth not in _SERVED_AUTHS:
        return f'this agent authenticates with none or token; spec.git.auth is "{spec.auth}"'
    if spec.auth == "none" and spec.secret:
        return "RootSyncs must not specify spec.git.secretRef when spec.git.auth is none"
    if spec.auth == "token" and not spec.secret:
        return "RootSyncs must specify spec.git.secretRef when spec.git.auth is token"
    return ""


def seconds(text: str, default: float) -> float:
    """The seconds of a Go duration such as `1m30s`; `default` for none, for nonsense and for zero."""
    if not _is_duration(text):
        return default
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)) or default


def _is_duration(text: str) -> bool:
    return text == "0" or "".join(number + unit for number, unit in _DURATION.findall(text)) == text


def _malformed(git: Mapping[str, Any], override: Mapping[str, Any]) -> tuple[str, ...]:
    times = {"spec.git.period": git.get("period"), "spec.override.reconcileTimeout": override.get("reconcileTimeout")}
    return tuple(f'{field} "{text}"' for field, text in times.items() if text and not _is_duration(str(text)))


def _directory(text: str) -> str:
    return "/".join(part for part in text.split("/") if part not in ("", "."))


def _unserved(git: Mapping[str, Any], override: Mapping[str, Any]) -> tuple[str, ...]:
    asked = {
        "spec.git.proxy": git.get("proxy"),
        "spec.git.noSSLVerify": git.get("noSSLVerify"),
        "spec.git.caCertSecretRef": (git.get("caCertSecretRef") or {}).get("name"),
        "spec.override.roleRefs": override.get("roleRefs"),
    }
    return tuple(name for name, value in asked.items() if value)
