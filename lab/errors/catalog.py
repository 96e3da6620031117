"""Every code once, with the sentences that `lab explain CODE` prints.

A code is never used twice and never given a new meaning. The second digit tells the exit code's family in no way:
`exit_code` does (see `lab.errors.base.ExitCode`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: a title, the exit code it brings, and a paragraph in plain words."""

    code: str
    title: str
    exit_code: int
    text: str


_ENTRIES = (
    # -- 0: the machine, files and the start ------------------------------------------------------------------
    Entry(
        "LAB001",
        "The file is not valid YAML",
        2,
        "The parser stopped at the place named. Nothing was changed.",
    ),
    Entry(
        "LAB002",
        "Unknown field",
        2,
        "A file of the lab holds a field that no version knows. The nearest good name is shown; "
        "`lab explain lab.yaml` lists all fields.",
    ),
    Entry(
        "LAB003",
        "Invalid value",
        2,
        "A field of a file has a value that the lab cannot use. Nothing was changed.",
    ),
    Entry(
        "LAB004",
        "Invalid or duplicate name",
        2,
        "Names of labs, clusters and packages are RFC 1123 labels: lower case letters, digits and `-`, at most 63 "
        "characters, and no two clusters of a lab may differ by `-` against `_` only.",
    ),
    Entry(
        "LAB005",
        "The file cannot be read",
        2,
        "The path does not exist or its rights do not allow reading.",
    ),
    Entry(
        "LAB010",
        "A port is taken",
        3,
        "Another program listens there. Free it, or let the lab choose: port 0.",
    ),
    Entry(
        "LAB011",
        "The lab's folder cannot be written",
        3,
        "State lives in `.lab/NAME/` beside lab.yaml, or where LAB_HOME points. The folder must be writable.",
    ),
    Entry(
        "LAB012",
        "No space left",
        3,
        "A write failed because the disk is full. What was acknowledged is kept.",
    ),
    Entry(
        "LAB013",
        "git is missing",
        3,
        "The lab serves Git by itself, but `lab git` and clones by hand need git.",
    ),
    Entry(
        "LAB014",
        "kubectl is missing or too old",
        3,
        "kubectl must be 1.29 or newer: older ones insist on an API description that only real clusters serve.",
    ),
    Entry("LAB015", "Python is too old", 3, "The lab needs Python 3.11 or newer."),
    Entry(
        "LAB016",
        "A package is missing",
        3,
        "An optional part was asked for, and its Python package is missing.",
    ),
    Entry(
        "LAB017",
        "This profile cannot run here",
        3,
        "The profile needs something that this machine or this version of the lab does not have.",
    ),
    Entry(
        "LAB020",
        "Another command is at work on this lab",
        7,
        "One command at a time changes a lab; the other one holds its lock. Reading verbs are always free.",
    ),
    Entry("LAB021", "No such lab", 4, "No lab of that name is up here. `lab up` makes it."),
    Entry(
        "LAB022",
        "The lab server does not answer",
        6,
        "Its process is gone or stuck. `lab up` starts it again.",
    ),
    Entry(
        "LAB023",
        "The lab server did not start",
        6,
        "Its own last words are shown; the rest is in its log.",
    ),
    Entry(
        "LAB024",
        "No such cluster",
        4,
        "No cluster of that name belongs to this lab: `lab cluster list`.",
    ),
    Entry(
        "LAB025",
        "No such flow or trail",
        4,
        "No package of that name is on its way: `lab status` lists them.",
    ),
    Entry(
        "LAB026",
        "Not owned by this lab",
        7,
        "The lab touches only what carries its id. Remove or rename the other thing, or choose another lab name.",
    ),
    Entry(
        "LAB027",
        "Out of time",
        5,
        "The wait reached its limit and nothing was proven wrong. The line before tells what was seen last.",
    ),
    Entry(
        "LAB028",
        "The flow did not reach its end",
        1,
        "A trail stopped; `lab why` and `lab trace` tell where.",
    ),
    Entry(
        "LAB030",
        "The journal is damaged",
        6,
        "A line in the middle of journal.jsonl is not an event. A cut last line is normal after a crash and dropped.",
    ),
    Entry(
        "LAB031",
        "A database is damaged",
        6,
        "The file that keeps the API objects cannot be read. The lab never empties it in silence.",
    ),
    Entry(
        "LAB032",
        "A repository is damaged",
        6,
        "A Git repository of the lab cannot be read.",
    ),
    Entry(
        "LAB033",
        "Name unknown to explain",
        4,
        "`lab explain` knows codes, stages, kinds, and the topics it lists.",
    ),
    Entry(
        "LAB034",
        "The request was refused by the API",
        1,
        "The API server's own words are shown.",
    ),
    Entry(
        "LAB099",
        "A bug of the lab",
        70,
        "This must not happen. The traceback is kept in a file; please report it.",
    ),
    # -- 1: context -------------------------------------------------------------------------------------------
    Entry(
        "LAB101",
        "No ClusterContext describes this cluster",
        1,
        "Without a ClusterContext the orchestrator does not know the cluster's name, site and CNIs: values that "
        "packages take from it stay unset. It is metadata only and connects nothing.",
    ),
    Entry(
        "LAB102",
        "ClusterContext in the short spelling",
        1,
        "`clusterName`, `cnis` and `provider` are taken, but upstream's ClusterContext has `siteCode` and `cniConfig` "
        "only; `clusterName` and `cnis` belong to WorkloadCluster, `provider` to neither.",
    ),
    Entry(
        "LAB103",
        "A ClusterContext holds no connection",
        1,
        "Kubeconfigs, addresses of API servers, tokens, certificates and keys are refused: Nephio never connects to a "
        "workload cluster, so the management cluster must hold nothing that could.",
    ),
    # -- 2: variant -------------------------------------------------------------------------------------------
    Entry(
        "LAB201",
        "No PackageVariant asks for this package",
        1,
        "A package reaches a cluster because a PackageVariant copies a blueprint into the cluster's repository.",
    ),
    Entry(
        "LAB202",
        "No Repository is registered",
        1,
        "The orchestrator only knows Git repositories that a Repository names.",
    ),
    Entry(
        "LAB203",
        "The Repository is not ready",
        1,
        "Its Git server cannot be reached or refuses; its condition says why.",
    ),
    Entry(
        "LAB204",
        "The upstream is unknown",
        1,
        "The PackageVariant names a blueprint repository, package or workspace that does not exist.",
    ),
    Entry(
        "LAB205",
        "The PackageVariant is invalid",
        1,
        "It is Stalled; the condition's message tells which field.",
    ),
    Entry(
        "LAB206",
        "Setters on a PackageVariant",
        1,
        "`spec.setters` is the lab's short form. Upstream takes `spec.pipeline.mutators` with apply-setters; the "
        "warning shows the equivalent.",
    ),
    Entry(
        "LAB207",
        "The PackageVariant takes an older revision",
        1,
        "The blueprint declares it now, but the revision that the PackageVariant names does not. A new upstream "
        "revision alone changes nothing downstream: publish it, then move the variant with `lab upgrade`.",
    ),
    # -- 3: draft ---------------------------------------------------------------------------------------------
    Entry(
        "LAB301",
        "The draft could not be made",
        1,
        "Cloning the upstream into a draft failed; the message is Porch's form.",
    ),
    Entry(
        "LAB302",
        "Draft after draft",
        1,
        "The variant's changes are no fixed point of the package's own pipeline, so each look makes a new draft.",
    ),
    # -- 4: render --------------------------------------------------------------------------------------------
    Entry(
        "LAB401",
        "A function failed",
        1,
        "The first function of the pipeline that failed is named with its own words.",
    ),
    Entry(
        "LAB402",
        "A function is not available",
        1,
        "The image of the pipeline is none that this orchestrator can run.",
    ),
    Entry(
        "LAB403",
        "The package contradicts the cluster's facts",
        1,
        "A CNI that the ClusterContext lacks, or an address outside its networks or used by another cluster.",
    ),
    Entry(
        "LAB404",
        "A value of the PackageVariant was overridden",
        1,
        "A PackageVariant's mutators run before the package's own. When the blueprint gives the same setter a value, "
        "the blueprint wins, as in Porch. Leave such setters to the variants.",
    ),
    # -- 5: approve -------------------------------------------------------------------------------------------
    Entry(
        "LAB501",
        "Waiting for approval",
        1,
        "A draft is not in Git's main branch. Somebody, or the policy `approval.nephio.org/policy`, has to propose and "
        "approve it.",
    ),
    Entry(
        "LAB502",
        "Not in a state to be approved",
        1,
        "Only Proposed revisions can be approved, only drafts proposed.",
    ),
    Entry(
        "LAB503",
        "A readiness gate is not met",
        1,
        "A condition that the package demands is not True.",
    ),
    # -- 6: commit --------------------------------------------------------------------------------------------
    Entry(
        "LAB601",
        "The commit could not be made",
        1,
        "Git refused or could not be reached; the orchestrator tries again.",
    ),
    Entry(
        "LAB602",
        "Git cannot be reached",
        6,
        "The Git server does not answer: nothing can be written or pulled.",
    ),
    # -- 7: pull ----------------------------------------------------------------------------------------------
    Entry(
        "LAB701",
        "Nothing on the cluster pulls",
        1,
        "A ClusterContext only describes a cluster. An agent must be installed on the cluster itself, once, by hand: "
        "`kubectl apply -f configsync.yaml` and `-f rootsync.yaml`.",
    ),
    Entry(
        "LAB702",
        "The agent cannot fetch",
        1,
        "KNV2004: the repository, branch or directory of the RootSync cannot be read.",
    ),
    Entry(
        "LAB703",
        "The agent is stopped",
        1,
        "Its Deployment has no replicas; nothing pulls until it has one.",
    ),
    Entry(
        "LAB704",
        "The agent watches another place",
        1,
        "The RootSync names another repository, branch or directory than the one that the package was committed to.",
    ),
    Entry(
        "LAB705",
        "No RootSync",
        1,
        "The agent runs, but no RootSync tells it which repository to pull.",
    ),
    Entry(
        "LAB706",
        "Taken as unstructured",
        1,
        "A RootSync without `sourceFormat` is taken as `hierarchy` upstream (KNV1017).",
    ),
    Entry(
        "LAB707",
        "The RootSync is invalid",
        1,
        "KNV1061: a field of the RootSync's spec is missing, contradicts another, or asks for a source that this agent "
        "cannot read. Nothing is pulled until it is corrected.",
    ),
    # -- 8: apply ---------------------------------------------------------------------------------------------
    Entry(
        "LAB801",
        "The commit cannot be read",
        1,
        "KNV1xxx: a file of the commit is not a valid manifest; nothing is applied.",
    ),
    Entry(
        "LAB803",
        "The cluster refused an object",
        1,
        "KNV2009: the API server's words are shown; it refuses the object as it is declared.",
    ),
    Entry(
        "LAB804",
        "The agent may not do that",
        1,
        "KNV2013: the agent's ServiceAccount lacks a right on its own cluster.",
    ),
    Entry(
        "LAB805",
        "Two owners of one object",
        1,
        "KNV1060: another RootSync manages the same object.",
    ),
    Entry(
        "LAB806",
        "Unknown kind",
        1,
        "KNV1021: the cluster serves no such kind; install its CustomResourceDefinition first.",
    ),
    Entry(
        "LAB807",
        "The commit would delete too much",
        1,
        "KNV2006: a commit that leaves nothing, or no namespace, of what was there is taken for an accident. Remove it "
        "in two steps, leaving one object behind in the first.",
    ),
    Entry(
        "LAB808",
        "Taken, though Config Sync would refuse it",
        1,
        "The commit declares what upstream's agent does not accept, such as its own manifests. This agent applies it "
        "and says so; with `strict` it refuses as upstream does.",
    ),
    # -- 9: ready ---------------------------------------------------------------------------------------------
    Entry(
        "LAB901",
        "An object does not become ready",
        1,
        "It was applied, but its status is not Current; the reason is shown.",
    ),
    Entry(
        "LAB902",
        "Changed by hand and put back",
        1,
        "Somebody changed a managed object on the cluster; Git won.",
    ),
    Entry(
        "LAB903",
        "Not declared in Git",
        1,
        "The object is on the cluster, but no package in Git declares it.",
    ),
    # -- scenarios and lessons --------------------------------------------------------------------------------
    Entry(
        "LABT01",
        "The scenario file is wrong",
        2,
        "A step, field or value is unknown; the place and nearest name are shown.",
    ),
    Entry(
        "LABT02",
        "The scenario could never happen",
        2,
        "It names a cluster, file or value that nothing brings.",
    ),
    Entry(
        "LABT03",
        "A step failed",
        1,
        "What was expected, the smallest difference, and where the trail stood are shown.",
    ),
    Entry("LABT04", "No scenario matched", 8, "The selection found nothing to run."),
    Entry(
        "LABT05",
        "A need is not met",
        3,
        "The profile lacks a capability that the scenario needs.",
    ),
)

CATALOG: dict[str, Entry] = {}
for _entry in _ENTRIES:
    if _entry.code in CATALOG:
        raise ValueError(f"error code {_entry.code} is catalogued twice")
    CATALOG[_entry.code] = _entry
