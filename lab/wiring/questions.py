"""When a cluster's agent last asked Git, and when it asks next: seen on the way to Git, told to nobody but the page.

A question that finds nothing new is no event: a thousand agents asking every fifteen seconds would fill the journal
with silence. So it is noted here, on the agents' own route to Git, and forgotten when the process ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.git.remote import GuardedRoute
from lab.kit.clock import Clock
from lab.ports.git_host import Credentials, LocalRoute


@dataclass(frozen=True, slots=True)
class Question:
    """How many times a cluster asked for a URL, and seconds since the last time, at the moment of looking."""

    count: int
    ago: float

    def next_in(self, period: float) -> float:
        """Seconds until the next question at the latest, never below zero."""
        return max(period - self.ago, 0.0)


class Questions:
    """Notes every question of every cluster."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[int, float]] = {}

    def route_of(self, cluster: str, route: LocalRoute | None) -> LocalRoute | None:
        """The same route, with a note of each question that the cluster asks on it."""
        return None if route is None else _NotedRoute(self, cluster, route)

    def note(self, cluster: str, url: str) -> None:
        """The cluster asks now. Reading a found commit looks twice within a moment: that is one question."""
        now = self._clock.time()
        count, last = self._last.get((cluster, url), (0, float("-inf")))
        if now - last > 0.5:
            count += 1
        self._last[(cluster, url)] = (count, now)

    def of(self, cluster: str, url: str) -> Question | None:
        """The last question of a cluster for a URL, or None when it never asked."""
        found = self._last.get((cluster, url))
        return None if found is None else Question(found[0], self._clock.time() - found[1])

    def forget(self, cluster: str) -> None:
        """The cluster's agent is gone: it asks no more."""
        for key in [key for key in self._last if key[0] == cluster]:
            del self._last[key]


@dataclass(frozen=True, slots=True)
class _NotedRoute:
    """A route that notes who asks; who may write is for the host to say."""

    questions: Questions
    cluster: str
    route: LocalRoute

    def path(self, url: str) -> Path | None:
        """The bare repository behind `url`; asking while the host is away is a question, too."""
        self.questions.note(self.cluster, url)
        return self.route.path(url)

    def may_write(self, url: str, credentials: Credentials | None) -> bool:
        """As the host says."""
        return not isinstance(self.route, GuardedRoute) or self.route.may_write(url, credentials)

    def moved(self, url: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """The host hears of it."""
        if isinstance(self.route, GuardedRoute):
            self.route.moved(url, changes)
