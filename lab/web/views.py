"""The board as JSON for the page: pure, from a fold to plain data, the same for now and for any moment before.

Whatever number of clusters there are, the view stays small: every cluster is a name and a state, and only one trail
and one cluster, the ones in focus, are told in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.events import kinds
from lab.events.board import Board
from lab.events.records import Record
from lab.model.fidelity import Fidelity
from lab.model.names import deployment_repository
from lab.model.stage import ACTORS, DONE_WHEN, ORDER, THE_LINE, Stage
from lab.model.trail import State, Trail
from lab.reports.timeline import sentence
from lab.web.silences import silence

SCHEMA = "lab.board/v1"
MANY = 8
"""With more clusters than this, the list of trails holds those of the cluster in focus and those that stopped."""
STOPPED_SHOWN = 12
WARNINGS_SHOWN = 12
COMMITS_SHOWN = 5

_LETTERS = {State.DONE: "d", State.FAILED: "f", State.WAITING: "w", State.PENDING: "p"}
_WORST = ("failed", "silent", "waiting", "moving", "ready", "empty")
"""States of a cluster, the one to look at first in front."""

_FAILURES: tuple[type[kinds.Event], ...] = (
    kinds.VariantStalled,
    kinds.DraftFailed,
    kinds.RenderFailed,
    kinds.CommitFailed,
    kinds.PullFailed,
    kinds.ApplyFailed,
    kinds.PackageNotReady,
)


def board_view(board: Board, *, trail: int = 0, cluster: str = "") -> dict[str, Any]:
    """Everything that the picture shows. `trail` (a number, 0: none) and `cluster` choose what is in focus.

    Without a choice that exists, the first trail that stopped is in focus, else the first on its way, else the last.
    """
    chosen = _focus(board, trail, cluster)
    name = chosen.cluster if chosen is not None else cluster
    names = _clusters(board)
    if name not in names:
        name = names[0] if names else ""
    current: dict[str, list[Trail]] = {}
    for one in board.current_trails():
        current.setdefault(one.cluster, []).append(one)
    return {
        "schema": SCHEMA,
        "seq": board.seq,
        "at": _hour(board.at),
        "lab": board.lab.lab if board.lab else "",
        "profile": board.lab.profile if board.lab else "",
        "parts": {part.part: _part(part) for part in board.parts.values()},
        "clusters": [_cluster_row(board, one, current.get(one, [])) for one in names],
        "trails": [trail_row(board, one) for one in _listed(board, name, len(names), current)],
        "trail_count": sum(len(found) for found in current.values()),
        "contexts": len(board.contexts),
        "variants": len(board.variants),
        "focus": {
            "cluster": cluster_view(board, name) if name else None,
            "trail": trail_view(board, chosen) if chosen is not None else None,
        },
        "warnings": [_warning(n.seq, n.event) for n in board.noted if isinstance(n.event, kinds.Warned)][
            -WARNINGS_SHOWN:
        ],
        "drifts": sum(isinstance(n.event, kinds.DriftCorrected) for n in board.noted),
    }


def stages_view() -> dict[str, Any]:
    """What never changes: the nine stages, who acts, when each is done, and the words on the line."""
    rows = [
        {"stage": str(s), "number": s.number, "actor": ACTORS[s], "done_when": DONE_WHEN[s], "side": _side(s)}
        for s in ORDER
    ]
    return {"stages": rows, "line": THE_LINE}


def trail_row(board: Board, trail: Trail) -> dict[str, Any]:
    """A trail in one row: `marks` has a letter a stage, d(one), f(ailed), w(aiting), p(ending)."""
    hush = silence(board, trail)
    passages = [trail.passage(stage) for stage in ORDER]
    marks = [_LETTERS[p.state] for p in passages]
    stands = trail.stands_at
    if stands is not None and marks[stands.number - 1] == "p":
        marks[stands.number - 1] = "w"
    took = None
    last = max((p.at for p in passages if p.state is State.DONE and p.at), default=None)
    if trail.finished and last is not None:
        took = round((last - trail.began).total_seconds(), 3)
    failed = trail.failed
    return {
        "id": trail.number,
        "package": trail.package,
        "cluster": trail.cluster,
        "repository": trail.repository,
        "state": _trail_state(trail, bool(hush)),
        "stands": str(stands) if stands else None,
        "marks": "".join(marks),
        "code": failed.code if failed else hush.code if hush else "",
        "took_s": took,
        "superseded_by": trail.superseded_by if not trail.finished else None,
    }


def trail_view(board: Board, trail: Trail) -> dict[str, Any]:
    """A trail in full: the row, its names, and the nine passages with what is waited for."""
    document = trail.as_dict()
    hush = silence(board, trail)
    stands = trail.stands_at
    for row in document["stages"]:
        if stands is not None and row["stage"] == str(stands) and row["state"] in ("pending", "waiting"):
            row["state"] = "waiting"
            row["text"] = hush.text if hush else row["text"] or f"waits for {stands.actor}"
            row["code"] = hush.code if hush else row["code"]
    return {**document, **trail_row(board, trail), "directory": trail.directory, "began": document["began"]}


def cluster_view(board: Board, name: str) -> dict[str, Any]:
    """A cluster in full: what describes it, its repository, its agent, what it watches and what it holds."""
    context = board.contexts.get(name)
    syncs = [
        {"name": s.root_sync, "url": s.url, "branch": s.branch, "directory": s.directory, "period": s.period}
        for s in board.syncs.get(name, {}).values()
    ]
    repository = next((r for r in board.repositories.values() if r.deployment and r.cluster == name), None)
    repository_name = repository.repository if repository else deployment_repository(name)
    ready = [(d, e) for (c, d), (_r, e) in board.readiness.items() if c == name]
    part = board.parts.get(name)
    return {
        "name": name,
        "fidelity": part.fidelity if part else Fidelity.STAND_IN,
        "context": {"name": context.name, "facts": dict(context.facts)} if context else None,
        "repository": {
            "name": repository_name,
            "known": repository is not None,
            "ready": bool(repository and repository.ready),
            "url": repository.url if repository else "",
            "branch": repository.branch if repository else "main",
            "message": repository.message if repository else "",
            "packages": _packages(board, repository_name),
            "log": _log(board, repository_name),
        },
        "agent": _agent(board, name),
        "syncs": syncs,
        "pulls": [_pull(p) for p in board.pulls.get(name, {}).values()],
        "namespaces": sorted(
            {
                subject.partition("/")[2]
                for _directory, event in ready
                if isinstance(event, kinds.PackageReady)
                for subject in event.notable
                if subject.lower().startswith("namespace/")
            }
        ),
        "objects": sum(e.objects for _d, e in ready if isinstance(e, kinds.PackageReady)),
        "not_ready": [
            {"directory": d, "subject": e.subject, "reason": e.reason}
            for d, e in ready
            if isinstance(e, kinds.PackageNotReady)
        ],
    }


def record_view(record: Record) -> dict[str, Any]:
    """An entry of the journal: number, hour, stage, kind, one sentence, and whether it tells of a failure."""
    return {
        "seq": record.seq,
        "at": _hour(record.at),
        "kind": type(record.event).__name__,
        "stage": str(record.event.stage) if record.event.stage else None,
        "text": sentence(record.event),
        "bad": isinstance(record.event, _FAILURES),
    }


def marks_view(records: Iterable[Record]) -> list[list[Any]]:
    """What the time bar draws: `[number, letter]` for failures (f), commits (c), pulls (p) and drift (d)."""
    letters = {kinds.Committed: "c", kinds.Pulled: "p", kinds.DriftCorrected: "d"}
    return [
        [record.seq, letter]
        for record in records
        if (letter := "f" if isinstance(record.event, _FAILURES) else letters.get(type(record.event), ""))
    ]


def _focus(board: Board, trail: int, cluster: str) -> Trail | None:
    if 0 < trail <= len(board.trails) and cluster in ("", board.trails[trail - 1].cluster):
        return board.trails[trail - 1]
    found = [t for t in board.current_trails() if cluster in ("", t.cluster)]
    stopped = [t for t in found if t.failed and not t.finished]
    silent = [t for t in found if silence(board, t)]
    moving = [t for t in found if not t.finished]
    return next(iter([*stopped, *silent, *moving, *found]), None)


def _clusters(board: Board) -> list[str]:
    declared = list(board.lab.clusters) if board.lab else []
    known = [*declared, *board.contexts, *(t.cluster for t in board.current_trails())]
    return list(dict.fromkeys(name for name in known if name))


def _listed(board: Board, name: str, clusters: int, current: dict[str, list[Trail]]) -> list[Trail]:
    if clusters <= MANY:
        return board.current_trails()
    stopped = [t for t in board.current_trails() if t.cluster != name and (t.failed or silence(board, t))]
    return [*current.get(name, []), *stopped[:STOPPED_SHOWN]]


def _cluster_row(board: Board, name: str, trails: list[Trail]) -> dict[str, Any]:
    rows = [(_trail_state(t, hush is not None), t, hush) for t in trails for hush in (silence(board, t),)]
    state, code, stage = "empty", "", None
    if rows:
        state, trail, hush = min(rows, key=lambda row: _WORST.index(row[0]))
        code = trail.failed.code if trail.failed else hush.code if hush else ""
        stage = str(trail.stands_at) if trail.stands_at else None
    return {"name": name, "state": state, "code": code, "stage": stage, "agent": _agent(board, name)}


def _trail_state(trail: Trail, hushed: bool) -> str:
    if trail.failed is not None and not trail.finished:
        return "failed"
    if trail.finished:
        return "ready"
    if hushed:
        return "silent"
    stands = trail.stands_at
    return "waiting" if stands is not None and trail.passage(stands).state is State.WAITING else "moving"


def _agent(board: Board, name: str) -> str:
    return "up" if board.agents.get(name) else "stopped" if name in board.agents else "missing"


def _packages(board: Board, repository: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for trail in board.trails:
        if trail.repository == repository and trail.commit:
            facts = trail.passage(Stage.COMMIT).facts
            at = trail.passage(Stage.COMMIT).at
            found[trail.directory] = {
                "directory": trail.directory,
                "commit": trail.commit,
                "revision": facts.get("revision", ""),
                "at": _hour(at),
            }
    return sorted(found.values(), key=lambda row: str(row["directory"]))


def _log(board: Board, repository: str) -> list[dict[str, Any]]:
    """The newest commits that trails brought, newest first."""
    found = [t for t in board.trails if t.repository == repository and t.commit and t.done(Stage.COMMIT)]
    found.sort(key=lambda t: (t.passage(Stage.COMMIT).at or t.began, t.number), reverse=True)
    return [
        {
            "commit": t.commit,
            "subject": t.passage(Stage.COMMIT).text.partition(': "')[2].removesuffix('"'),
            "trail": t.number,
        }
        for t in found[:COMMITS_SHOWN]
    ]


def _pull(pull: kinds.Pulled | kinds.PullFailed) -> dict[str, Any]:
    if isinstance(pull, kinds.Pulled):
        return {"root_sync": pull.root_sync, "url": pull.url, "commit": pull.commit, "code": "", "message": ""}
    return {
        "root_sync": pull.root_sync,
        "url": pull.url,
        "commit": "",
        "code": pull.code,
        "message": f"{pull.knv}: {pull.message}",
    }


def _part(part: kinds.PartChanged) -> dict[str, str]:
    return {"state": part.state, "fidelity": part.fidelity, "detail": part.detail}


def _warning(seq: int, event: kinds.Warned) -> dict[str, Any]:
    return {"seq": seq, "code": event.code, "subject": event.subject, "message": event.message}


def _side(stage: Stage) -> str:
    return "workload" if stage.number > Stage.COMMIT.number else "git" if stage is Stage.COMMIT else "management"


def _hour(moment: Any) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
