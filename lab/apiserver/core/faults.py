"""Ordered faults: slowness, refusals and broken connections, per cluster, verb and resource."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lab.apiserver.core.errors import ApiError


@dataclass(slots=True)
class Fault:
    """One rule; empty members match everything. `times` None means until it is removed.

    `latency` is in seconds, `error` refuses, `disconnect` breaks the connection without an answer.
    """

    cluster: str = ""
    verb: str = ""
    resource: str = ""
    """Plural or `plural.group`."""
    latency: float = 0.0
    error: ApiError | None = None
    disconnect: bool = False
    times: int | None = None

    def concerns(self, cluster: str, verb: str, group: str, resource: str) -> bool:
        """True if a request is to suffer."""
        named = f"{resource}.{group}" if group else resource
        return (
            self.times != 0
            and self.cluster in ("", cluster)
            and self.verb in ("", verb)
            and self.resource in ("", resource, named)
        )


class Faults:
    """The faults in force. Streams that are open already are ended with `cluster.close_watches`."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault into force; returns it for `remove`."""
        self._rules.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault back; no error where it has run out already."""
        self._rules = [rule for rule in self._rules if rule is not fault]

    def clear(self) -> None:
        """Take every fault back."""
        self._rules = []

    async def strike(self, cluster: str, verb: str, group: str, resource: str) -> None:
        """Let a request suffer what is ordered for it. Raises ApiError or ConnectionResetError."""
        if not self._rules:
            return
        for rule in list(self._rules):
            if not rule.concerns(cluster, verb, group, resource):
                continue
            if rule.times is not None:
                rule.times -= 1
                if rule.times == 0:
                    self.remove(rule)
            if rule.latency:
                await asyncio.sleep(rule.latency)
            if rule.disconnect:
                raise ConnectionResetError(f"{verb} {resource} on {cluster}: ordered disconnect")
            if rule.error is not None:
                raise rule.error
