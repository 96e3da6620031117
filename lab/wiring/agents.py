"""The kubelet's part on embedded clusters: the agent runs while its Deployment is available, and only then.

The status simulator tells when the Deployment of configsync.yaml comes and goes; the agent is a task of this process
then, with the rights of the Deployment's own ServiceAccount and nothing more, and its words are the log of its pod.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from lab.agents.builtin.agent import BuiltinAgent
from lab.apiserver.simulate.logs import LogBook
from lab.apiserver.simulate.simulator import Simulator
from lab.apiserver.simulate.workloads import WorkloadChange
from lab.events.bus import EventBus
from lab.events.kinds import AgentStarted, AgentStopped
from lab.kit.clock import Clock
from lab.ports.git_host import LocalRoute
from lab.ports.transport import Transport
from lab.ports.workload import WorkloadCluster
from lab.wiring.questions import Questions

AGENT_LABEL = "lab.nephio.org/agent"
BUILTIN = "builtin"
LOGGER = "lab.agents.builtin"

log = logging.getLogger(__name__)


class AgentLauncher:
    """Starts and stops the agents of all clusters; `account` opens a cluster as one of its ServiceAccounts."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        *,
        account: Callable[[str, str, str], Transport],
        route: LocalRoute | None,
        bus: EventBus,
        clock: Clock,
        period: float,
        strict: bool,
        questions: Questions,
    ) -> None:
        self._tasks = tasks
        self._account = account
        self._route = route
        self._bus = bus
        self._clock = clock
        self._period = period
        self._strict = strict
        self._questions = questions
        self._running: dict[str, asyncio.Task[None]] = {}

    def follow(self, cluster: str, simulator: Simulator) -> None:
        """Run the cluster's agent whenever its Deployment is available."""
        simulator.on_workload(lambda change: self._heard(cluster, simulator, change))

    def forget(self, cluster: str) -> None:
        """The cluster is gone: its agent ends."""
        task = self._running.pop(cluster, None)
        if task is not None:
            task.cancel()

    def _heard(self, cluster: str, simulator: Simulator, change: WorkloadChange) -> None:
        if _is_agent(change.deployment) and change.running and cluster not in self._running:
            running = self._run(cluster, simulator, change)
            self._running[cluster] = self._tasks.create_task(running, name=f"agent of {cluster}")
        elif not change.running and _is_agent(change.deployment):
            self.forget(cluster)

    async def _run(self, cluster: str, simulator: Simulator, change: WorkloadChange) -> None:
        account = _account_of(change.deployment)
        transport = self._account(cluster, change.namespace, account)
        book = LogBook(self._clock)
        handler = _BookHandler(book)
        logger = logging.getLogger(f"{LOGGER}.{cluster}")
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        simulator.logs.attach(change.namespace, change.name, book)
        agent = BuiltinAgent(
            WorkloadCluster(cluster, transport),
            git_route=self._questions.route_of(cluster, self._route),
            bus=self._bus,
            clock=self._clock,
            period_default=self._period,
            strict=self._strict,
        )
        self._bus.publish(AgentStarted(cluster))
        try:
            await agent.run()
        except Exception:
            log.exception("the agent of %s ended with an error", cluster)
        finally:
            logger.removeHandler(handler)
            simulator.logs.detach(change.namespace, change.name)
            self._questions.forget(cluster)
            self._bus.publish(AgentStopped(cluster, "its Deployment has no available replica"))
            await transport.close()


class _BookHandler(logging.Handler):
    """Log records as the lines of a pod."""

    def __init__(self, book: LogBook) -> None:
        super().__init__(logging.INFO)
        self._book = book

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._book.write(f"{record.levelname[0]} {record.getMessage()}")


def _is_agent(deployment: Any) -> bool:
    labels = deployment.get("metadata", {}).get("labels") or {}
    return bool(labels.get(AGENT_LABEL) == BUILTIN)


def _account_of(deployment: Any) -> str:
    return str(deployment["spec"]["template"]["spec"].get("serviceAccountName") or "default")
