"""Topics of `lab explain`: kinds, parts, files and the document's three questions, in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; `names` are lower case, the first is the one that is listed."""

    names: tuple[str, ...]
    title: str
    text: str


TOPICS = (
    Topic(
        ("how does nephio apply packages", "without connection info, how does nephio apply packages", "apply packages"),
        "Without connection info, how does Nephio apply packages?",
        "It does not. Porch renders packages and writes them to Git repositories. An agent on each workload cluster, "
        "Config Sync, pulls its repository and applies what it finds, with its own rights, on its own cluster.\n\n"
        "See it: lab trace cluster-baseline. Stages 1 to 6 happen left of the line, 7 to 9 right of it, and nobody "
        "pushes across.",
    ),
    Topic(
        ("what is the point of clustercontext", "what's the point of clustercontext", "point of clustercontext"),
        "What is the point of ClusterContext?",
        "It is metadata for rendering: it fills the cluster-name setter of packages, tells generators which CNIs the "
        "cluster has, and lets addresses be checked. It is not used for access to the cluster, and it holds no kubeconfig, "
        "no URL and no credential: the lab refuses them (LAB103).\n\n"
        "See it: kubectl --context=mgmt get clustercontext my-ran -o yaml.",
    ),
    Topic(
        (
            "what is the point of packages",
            "what's the point of packages if nephio can't access clusters",
            "point of packages",
        ),
        "What is the point of packages if Nephio can't access clusters?",
        "Git is the delivery mechanism. A package goes from Nephio to a Git repository, from there to the agent that "
        "pulls it, and only then to the cluster. Git keeps who changed what, and when.\n\n"
        "See it: lab git log nephio-my-ran.",
    ),
    Topic(
        ("clustercontext", "clustercontexts"),
        "ClusterContext (infra.nephio.org/v1alpha1)",
        "What a workload cluster is like: its name, site, CNIs, provider. Metadata only. By itself it does nothing: it "
        "connects nothing and installs nothing.\n\nThe context controller copies its values into the PackageVariants "
        "whose downstream Repository carries the label nephio.org/cluster-name, as an apply-setters function named "
        "`context` (cluster-name, site-code, cnis). What a variant sets itself wins.",
    ),
    Topic(
        ("packagevariant", "packagevariants", "variant"),
        "PackageVariant (config.porch.kpt.dev/v1alpha1)",
        "Keeps a downstream package equal to an upstream one, specialized: upstream names repository, package and "
        "workspace, downstream the repository of the cluster. It makes a draft; approval is a step of its own.",
    ),
    Topic(
        ("packagerevision", "packagerevisions", "draft"),
        "PackageRevision (porch.kpt.dev/v1alpha1)",
        "One version of a package: Draft, Proposed, Published, DeletionProposed. Drafts are branches in Git, published "
        "revisions are tags; only published ones are on main, where agents pull.",
    ),
    Topic(
        ("repository", "repositories"),
        "Repository (config.porch.kpt.dev/v1alpha1)",
        "Tells Porch about a Git repository. `deployment: true` marks one that a cluster pulls; its label "
        "nephio.org/cluster-name links it to a ClusterContext.",
    ),
    Topic(
        ("rootsync", "rootsyncs"),
        "RootSync (configsync.gke.io/v1beta1)",
        "Lives on the workload cluster and tells its agent which repository, branch and directory to pull, and how often.",
    ),
    Topic(
        ("config sync", "configsync", "agent", "puller"),
        "Config Sync, the agent",
        "Runs on the workload cluster. Every 15 seconds it asks Git; when there is a new commit it fetches it, compares "
        "it with the cluster, applies the differences, prunes what left Git, and reports. Between two questions it "
        "watches what it manages and puts changes by hand back.\n\nIt is installed once, by hand, with two applies. "
        "Without it nothing in Git ever reaches the cluster.",
    ),
    Topic(
        ("porch", "orchestrator", "nephio"),
        "Porch, the orchestrator",
        "Lives on the management cluster. It copies blueprints into drafts, runs their functions, and commits what was "
        "approved. It reads and writes Git and holds no key to any workload cluster.",
    ),
    Topic(
        ("git", "bridge"),
        "Git is the bridge",
        "The only thing that both sides reach. Left of it packages are written, right of it they are pulled.",
    ),
    Topic(
        ("push", "pull", "push against pull"),
        "Push against pull",
        "In a push model the management cluster holds a key to every cluster and needs a route to each. In the pull "
        "model of Nephio it holds none: clusters come and ask Git. Losing the management cluster stops new commits, not "
        "the clusters.",
    ),
    Topic(
        ("embedded", "stand-in", "stand-ins"),
        "Profile embedded: what is real and what stands in",
        "Real: Git (repositories over smart HTTP), packages, rendering, the commits, every pull, the objects and their "
        "validation.\n\n"
        "Stand-ins, written for this lab:\n"
        "  API servers   speak Kubernetes' API to kubectl and clients; there is no etcd and no scheduler\n"
        "  Porch         renders and commits as Porch does; functions are built in, images are not run\n"
        "  Config Sync   pulls, applies, prunes and reverts as Config Sync does; it runs in the lab server\n"
        "                and only while its Deployment is on the cluster\n"
        "  Nodes, pods   there is no kubelet: Deployments, DaemonSets, Jobs and claims reach their states after a\n"
        "                believable time, marked lab.nephio.org/simulated; no container runs, exec is refused\n\n"
        "What a stand-in does not do: admission webhooks are stored and not called, kubectl exec, attach, cp and "
        "port-forward, metrics, kubectl older than 1.29.",
    ),
    Topic(
        ("profiles", "profile", "kind", "upstream", "existing"),
        "Profiles",
        "embedded   everything in one background process, no Docker; the default, on every machine\n"
        "kind       real Kubernetes in containers, Gitea, the lab's controllers in pods\n"
        "upstream   kind with the real Porch and the real Config Sync\n"
        "existing   clusters and Git of yours\n\n"
        "This version brings `embedded`. The others are refused with LAB017.",
    ),
    Topic(
        ("lab.yaml", "lab file"),
        "lab.yaml",
        "  version: 1\n  name: demo\n  profile: embedded\n  clusters:\n    mgmt: {}\n    my-ran: {site: site-ran-01, "
        "cnis: [calico, macvlan], bootstrap: auto}\n  agent: {period: 15s}\n  packages: ./packages\n  flows:\n"
        "    - {package: cluster-baseline, to: my-ran, approve: initial}\n  strict: false\n\n"
        "Every field has a default; without the file the lab has mgmt, my-ran and three flows. `bootstrap: manual` "
        "leaves the two applies to you, `approve: manual` every draft.",
    ),
    Topic(
        ("synced", "status column"),
        "SYNCED",
        "The STATUS column of `kubectl get rootsync` in this lab: our agent keeps it in the annotation "
        "lab.nephio.org/status. Upstream prints commits and error counts instead, and `nomos status` computes the word.",
    ),
    Topic(
        ("trail", "trails", "flow", "flows"),
        "Flows and trails",
        "A flow is what lab.yaml declares: a package for a cluster. A trail is one revision of it on its way through the "
        "nine stages. A later revision supersedes an unfinished trail.",
    ),
    Topic(
        ("exit codes", "exit code"),
        "Exit codes",
        "0    done, true, passed\n1    your thing is not so: a scenario failed, a package is not ready\n"
        "2    wrong flag or file\n3    this machine cannot\n4    no such lab, cluster, package\n5    out of time, nothing "
        "proven wrong\n6    a part of the lab broke\n7    refused: not the lab's own, or another command is at work\n"
        "8    nothing matched\n70   a bug of the lab\n130  interrupted; what is done is kept",
    ),
)

KNV: dict[str, tuple[str, str]] = {
    "KNV1005": ("Wrong value of the managed annotation", "configmanagement.gke.io/managed may only be `disabled`."),
    "KNV1010": ("Reserved annotation", "A manifest in Git declares an annotation that only Config Sync writes."),
    "KNV1011": ("Reserved label", "A manifest in Git declares a label that only Config Sync writes."),
    "KNV1017": (
        "No Repo object",
        "A repository taken as `hierarchy` must have system/. Set sourceFormat: unstructured.",
    ),
    "KNV1021": ("Unknown kind", "The cluster serves no such kind: its CustomResourceDefinition is missing (LAB806)."),
    "KNV1029": ("Two objects of one name", "Two manifests declare the same kind, namespace and name."),
    "KNV1031": ("No name", "A manifest has no metadata.name."),
    "KNV1036": ("Invalid name", "metadata.name is no valid name for the kind."),
    "KNV1045": ("A status in Git", "Manifests in Git declare what is wanted; a status is reported by the cluster."),
    "KNV1052": ("Namespace on a cluster-scoped object", "The kind has no namespaces; remove metadata.namespace."),
    "KNV1054": ("Annotation that is no text", "Values of annotations must be text: quote numbers and booleans."),
    "KNV1060": ("Two owners", "Another RootSync manages the object (LAB805)."),
    "KNV1061": ("The RootSync is invalid", "A field of its spec is missing or contradicts another (LAB707)."),
    "KNV2001": (
        "A file cannot be read",
        "A file of the commit is no valid YAML; nothing of the commit is applied (LAB801).",
    ),
    "KNV2002": ("The API server does not answer", "The agent could not reach its own cluster's API server."),
    "KNV2004": ("The source cannot be read", "Repository, branch or directory is missing or unreachable (LAB702)."),
    "KNV2005": ("A fight", "Somebody changes an object again and again, and the agent puts it back each time."),
    "KNV2006": (
        "Too much would be deleted",
        "A commit would remove every namespace; remove them in two steps (LAB807).",
    ),
    "KNV2008": ("The API server refused", "A request of the agent failed; the server's words are shown."),
    "KNV2009": ("Apply failed", "An object could not be applied; the server's words are shown (LAB803)."),
    "KNV2010": ("No object", "A manifest has no apiVersion, kind or name; nothing of the commit is applied (LAB801)."),
    "KNV2013": ("Not allowed", "The agent's ServiceAccount lacks the right (LAB804)."),
}
"""Config Sync's codes, offline: a title and a sentence."""
