"""The manifests that the lab brings along: definitions, roles, and the files that people apply, with their values.

The files beside this module are the text; here values are put in, each as a YAML scalar that reads back as the same
string. Nothing is read from outside the package.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Literal

from lab.kit.yaml_nodes import compose, data_of
from lab.kit.yaml_scalars import format_scalar

Role = Literal["management", "workload"]
SetterForm = Literal["mutators", "setters"]

APPLY_SETTERS = "apply-setters:v0.2.0"
APPROVAL_POLICY = "approval.nephio.org/policy"
CLUSTER_NAME_LABEL = "nephio.org/cluster-name"

_SEPARATOR = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)


def parse(text: str) -> list[dict[str, Any]]:
    """The objects in a text of one or more YAML documents, read as the Kubernetes tools read them.

    Raises `lab.kit.yaml_nodes.YamlFault` for text that is no YAML, with the line within its document.
    """
    found = (data_of(compose(document)) for document in _SEPARATOR.split(text))
    return [item for item in found if item is not None]


def crds(role: Role) -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of a management or of a workload cluster, by name; the caller owns the copies.

    A workload cluster gets its own only from configsync.yaml, which a person applies (see `configsync_yaml`).
    """
    return copy.deepcopy(list(_definitions(role)))


def orchestrator_objects() -> list[dict[str, Any]]:
    """Namespace, ServiceAccount and least rights of the orchestrator, all for the management cluster."""
    return copy.deepcopy(list(_orchestrator()))


def configsync_yaml(*, cluster: str, image: str) -> str:
    """The file configsync.yaml, which bootstraps the agent on the workload cluster `cluster` by hand.

    `image` is the lab's image by name and tag. Source: Config Sync, objects of its manifest and their names.
    """
    definitions = "".join(text + "---\n" for _, text in _texts("crds/workload"))
    definitions = definitions.removesuffix("---\n")
    return _fill("agent/configsync.yaml", definitions=definitions, cluster=cluster, image=image)


def rootsync_yaml(
    *,
    repo_url: str,
    branch: str = "main",
    directory: str = "/",
    period: str = "15s",
    auth: str = "none",
    secret: str | None = None,
    source_format: str | None = "unstructured",
) -> str:
    """The file rootsync.yaml: what to pull from `repo_url`, how often (a Go duration), with which credential.

    `secret` names a Secret in config-management-system and belongs to the kinds of `auth` that need one. Without
    `source_format` the field is left out, which upstream takes as `hierarchy`.
    """
    return _fill(
        "agent/rootsync.yaml",
        repo_url=format_scalar(repo_url),
        branch=format_scalar(branch),
        directory=format_scalar(directory),
        period=format_scalar(period),
        auth=format_scalar(auth),
        secret="" if secret is None else f"    secretRef:\n      name: {format_scalar(secret)}\n",
        source_format=_line(2, "sourceFormat", source_format),
    )


def clustercontext_yaml(
    *,
    name: str,
    site_code: str | None = None,
    cnis: Sequence[str] = (),
    provider: str | None = None,
    networks: Mapping[str, str] | None = None,
) -> str:
    """A ClusterContext with the facts of one cluster; what is not known is left out.

    `networks` maps names of networks to address ranges in CIDR form. Source: Nephio, ClusterContext, with the fields
    that the lab adds.
    """
    listed = ", ".join(format_scalar(cni, flow=True) for cni in cnis)
    ranges = "".join(
        f"    - name: {format_scalar(network)}\n      cidr: {format_scalar(cidr)}\n"
        for network, cidr in (networks or {}).items()
    )
    return _fill(
        "people/clustercontext.yaml",
        name=format_scalar(name),
        site_code=_line(2, "siteCode", site_code, "just metadata"),
        cnis=f"  cnis: [{listed}]  # available CNIs (info only)\n" if cnis else "",
        provider=_line(2, "provider", provider, "info only"),
        networks=f"  networks:\n{ranges}" if ranges else "",
    )


def repository_yaml(
    *,
    name: str,
    url: str,
    branch: str = "main",
    directory: str = "/",
    cluster: str | None = None,
    secret: str | None = None,
) -> str:
    """A Repository: the deployment repository of `cluster`, or one of blueprints when no cluster is named.

    The label on a deployment repository is the link to its ClusterContext. `secret` names a Secret of the namespace
    default. Source: Porch, Repository.
    """
    link = "" if cluster is None else f"  labels:\n    {CLUSTER_NAME_LABEL}: {format_scalar(cluster)}\n"
    purpose = (
        "Blueprints: packages that nobody pulls, from which instances are made."
        if cluster is None
        else "Deployment repository: the orchestrator writes here, one workload cluster pulls from here."
    )
    return _fill(
        "people/repository.yaml",
        purpose=purpose,
        name=format_scalar(name),
        labels=link,
        deployment="false" if cluster is None else "true",
        url=format_scalar(url),
        branch=format_scalar(branch),
        directory=format_scalar(directory),
        secret="" if secret is None else f"    secretRef:\n      name: {format_scalar(secret)}\n",
    )


def packagevariant_yaml(
    *,
    name: str,
    upstream_repository: str,
    package: str,
    workspace: str,
    downstream_repository: str,
    downstream_package: str | None = None,
    setters: Mapping[str, str] | None = None,
    approval: Literal["initial", "always"] | None = None,
    form: SetterForm = "mutators",
) -> str:
    """A PackageVariant with values for setters and, if wanted, a policy of approval; None leaves approval to a person.

    `form` chooses how values are written: `mutators` as upstream does, `setters` in the short form that the lab takes
    too and warns about. Source: Porch, PackageVariant; Nephio, approval controller.
    """
    policy = "" if approval is None else f"  annotations:\n    {APPROVAL_POLICY}: {approval}\n"
    return _fill(
        "people/packagevariant.yaml",
        name=format_scalar(name),
        upstream_repository=format_scalar(upstream_repository),
        package=format_scalar(package),
        workspace=format_scalar(workspace),
        downstream_repository=format_scalar(downstream_repository),
        downstream_package=format_scalar(downstream_package or package),
        annotations=policy,
        setters=_setters(setters or {}, form),
    )


def _setters(values: Mapping[str, str], form: SetterForm) -> str:
    if not values:
        return ""
    if form == "setters":
        head, indent = ["  setters:"], 4
    else:
        head = ["  pipeline:", "    mutators:", "      - name: setters", f"        image: {APPLY_SETTERS}"]
        head.append("        configMap:")
        indent = 10
    rows = [f"{' ' * indent}{format_scalar(key)}: {format_scalar(value)}" for key, value in values.items()]
    return "\n".join([*head, *rows]) + "\n"


def _line(indent: int, key: str, value: str | None, note: str = "") -> str:
    if value is None:
        return ""
    return f"{' ' * indent}{key}: {format_scalar(value)}" + (f"  # {note}" if note else "") + "\n"


def _fill(path: str, **values: str) -> str:
    text = resources.files(__package__).joinpath(path).read_text(encoding="utf-8")
    return Template(text).substitute(values).rstrip("\n") + "\n"


def _texts(folder: str) -> list[tuple[str, str]]:
    found = resources.files(__package__).joinpath(folder).iterdir()
    texts = ((entry.name, entry.read_text(encoding="utf-8")) for entry in found if entry.name.endswith(".yaml"))
    return sorted(texts)


@cache
def _definitions(role: Role) -> tuple[dict[str, Any], ...]:
    return tuple(item for _, text in _texts(f"crds/{role}") for item in parse(text))


@cache
def _orchestrator() -> tuple[dict[str, Any], ...]:
    return tuple(item for _, text in _texts("orchestrator") for item in parse(text))
