"""lab.yaml: read, checked whole, and completed with defaults before anything is done.

The pydantic models are the border: their JSON Schema is what editors complete from, their result is a `LabSpec`.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lab.errors.base import LabError, Place
from lab.errors.people_files import Document, check, parse, read_text
from lab.model.names import LONGEST_CLUSTER, confusable, label_fault
from lab.model.spec import MANAGEMENT, Approval, Bootstrap, ClusterSpec, Flow, LabSpec, Network

FILE_NAME = "lab.yaml"
PROFILES = ("embedded", "kind", "upstream", "existing")
DEFAULT_NAME = "demo"
DEFAULT_PACKAGES = ("cluster-baseline", "platform-addons", "networking")
_PERIOD = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NetworkEntry(_Strict):
    """An address range that addresses in packages for this cluster must lie in."""

    name: str = Field(description="What the range is for.")
    cidr: str = Field(description="The range, such as 10.10.0.0/16.")

    @field_validator("cidr")
    @classmethod
    def _is_network(cls, value: str) -> str:
        ip_network(value)
        return value


class ClusterEntry(_Strict):
    """One cluster; `mgmt` is the management cluster and takes no fields."""

    site: str = Field("", description="Site code, metadata only.")
    cnis: list[str] = Field(default_factory=list, description="CNIs that the cluster offers, metadata only.")
    provider: str = Field("", description="Who runs the machine, metadata only.")
    networks: list[NetworkEntry] = Field(default_factory=list, description="Address ranges of the cluster.")
    bootstrap: Literal["auto", "manual"] = Field("auto", description="Who applies configsync.yaml and rootsync.yaml.")


class GitEntry(_Strict):
    """Where Git is served."""

    host: Literal["embedded"] = Field("embedded", description="The lab's own host.")
    port: Annotated[int, Field(ge=0, le=65535, description="0 takes a free port.")] = 0


class AgentEntry(_Strict):
    """How the agents pull."""

    period: str = Field("15s", description="Time between two questions to Git, such as 15s.")

    @field_validator("period")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value


class FlowEntry(_Strict):
    """One package for one cluster."""

    package: str = Field(description="A blueprint, with its workspace where it is not v1: cluster-baseline@v2.")
    to: str = Field(description="The workload cluster.")
    set: dict[str, str] = Field(default_factory=dict, description="Values for the package's setters.")
    approve: Literal["initial", "always", "manual"] = Field(
        "initial", description="What is approved without a person: the first revision, every one, or none."
    )


class LabFile(_Strict):
    """The whole file; every field has a default."""

    version: Literal[1] = Field(1, description="The form of this file.")
    name: str = Field(DEFAULT_NAME, description="The lab's name; its state lies in .lab/NAME.")
    profile: Literal["embedded", "kind", "upstream", "existing"] = Field(
        "embedded", description="What the lab runs on; this version runs `embedded` and refuses the others (LAB017)."
    )
    clusters: dict[str, ClusterEntry | None] = Field(
        default_factory=lambda: {MANAGEMENT: None, "my-ran": ClusterEntry(**_default_cluster())},
        description="Clusters by name, which is also the name of their context; without it mgmt and my-ran.",
    )
    git: GitEntry = Field(default_factory=GitEntry)
    api_port: Annotated[int, Field(ge=0, le=65535, description="Port of the API servers; 0 takes a free one.")] = 0
    agent: AgentEntry = Field(default_factory=AgentEntry)
    packages: str = Field("", description="Folder of blueprints; empty means the ones of the lab.")
    flows: list[FlowEntry] | None = Field(
        None, description="Which package goes to which cluster; without it three packages go to every cluster."
    )
    strict: bool = Field(False, description="Refuse what upstream would refuse, instead of a Warning.")

    @model_validator(mode="before")
    @classmethod
    def _keys_are_text(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError("a mapping of fields is expected")  # noqa: TRY004 - pydantic turns ValueError into a complaint
        return data


def seconds(duration: str) -> float:
    """Seconds of a duration such as `15s` or `1m`. Raises ValueError."""
    found = _PERIOD.fullmatch(duration)
    if found is None:
        raise ValueError(f"`{duration}` is no duration; write 15s, 500ms or 1m")
    return float(found[1]) * _SECONDS[found[2]]


def find(start: Path) -> Path | None:
    """The nearest lab.yaml in `start` or a folder above it."""
    return next((p / FILE_NAME for p in (start, *start.parents) if (p / FILE_NAME).is_file()), None)


def load(path: Path | None, *, profile: str = "", name: str = "") -> LabSpec:
    """The lab that a file asks for, or the default one without a file; arguments win over the file.

    Raises LabError LAB001–LAB005 with line and column.
    """
    document = parse(read_text(path), str(path)) if path is not None else Document(FILE_NAME, {}, {})
    return complete(document, path, profile=profile, name=name)


def complete(document: Document, path: Path | None, *, profile: str = "", name: str = "") -> LabSpec:
    """The lab that a document in the form of lab.yaml asks for; folders in it lie beside `path`. Raises as `load`."""
    file = check(LabFile, document, hint="lab explain lab.yaml")
    if profile:
        if profile not in PROFILES:
            why = f"Profiles are {', '.join(PROFILES)}."
            raise LabError("LAB003", f"There is no profile `{profile}`.", why, ["lab explain profiles"])
        file.profile = profile  # type: ignore[assignment]
    if name:
        file.name = name
    _check_names(file, document)
    return _spec(file, document, path)


def schema() -> dict[str, Any]:
    """JSON Schema of lab.yaml, for editors."""
    return LabFile.model_json_schema()


def _default_cluster() -> dict[str, Any]:
    return {"site": "site-ran-01", "cnis": ["calico", "macvlan"], "provider": "baremetal"}


def _check_names(file: LabFile, document: Document) -> None:
    checks: list[tuple[str, str, Place, int]] = [(file.name, "lab", document.place(("name",)), LONGEST_CLUSTER)]
    checks += [(n, "cluster", document.place(("clusters", n)), LONGEST_CLUSTER) for n in file.clusters]
    for name, what, place, longest in checks:
        fault = label_fault(name, longest)
        if fault:
            raise LabError("LAB004", f'"{name}" is no name for a {what}.', f"It {fault}.", place=place)
    twins = confusable(list(file.clusters))
    if twins:
        why = "kubectl keeps one cache folder for both."
        place = document.place(("clusters", twins[1]))
        raise LabError("LAB004", f'"{twins[0]}" and "{twins[1]}" are too much alike.', why, place=place)


def _spec(file: LabFile, document: Document, path: Path | None) -> LabSpec:
    clusters = tuple(_cluster(n, entry or ClusterEntry()) for n, entry in file.clusters.items() if n != MANAGEMENT)
    flows = _flows(file, clusters, document)
    folder = file.packages and str(((path.parent if path else Path()) / file.packages).resolve())
    if folder and not Path(folder).is_dir():
        raise LabError(
            "LAB003", f"`packages`: there is no folder {file.packages}.", place=document.place(("packages",))
        )
    return LabSpec(
        name=file.name,
        profile=file.profile,
        clusters=clusters,
        flows=flows,
        packages=folder,
        period=seconds(file.agent.period),
        strict=file.strict,
        api_port=file.api_port,
        git_port=file.git.port,
    )


def _cluster(name: str, entry: ClusterEntry) -> ClusterSpec:
    networks = tuple(Network(n.name, n.cidr) for n in entry.networks)
    return ClusterSpec(name, entry.site, tuple(entry.cnis), entry.provider, networks, Bootstrap(entry.bootstrap))


def _flows(file: LabFile, clusters: tuple[ClusterSpec, ...], document: Document) -> tuple[Flow, ...]:
    if file.flows is None:
        return tuple(Flow(package, cluster.name) for cluster in clusters for package in DEFAULT_PACKAGES)
    known = [cluster.name for cluster in clusters]
    flows: list[Flow] = []
    for index, entry in enumerate(file.flows):
        place = document.place(("flows", index))
        package, _, workspace = entry.package.partition("@")
        if entry.to not in known:
            why = f"Workload clusters here: {', '.join(known) or 'none'}."
            raise LabError("LAB003", f'A flow goes to "{entry.to}", which is no cluster of this lab.', why, place=place)
        fault = label_fault(package)
        if fault:
            raise LabError("LAB004", f'"{package}" is no name for a package.', f"It {fault}.", place=place)
        if any(f.package == package and f.to == entry.to for f in flows):
            raise LabError("LAB004", f"Two flows bring {package} to {entry.to}.", place=place)
        flows.append(Flow(package, entry.to, dict(entry.set), Approval(entry.approve), workspace or "v1"))
    return tuple(flows)
